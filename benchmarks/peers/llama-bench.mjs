// Times llama.cpp on the steps of `seek bench`: the same tokens, prefill as one batch, decode one token a call with the choice of the most
// probable token, a warm-up of at least a second. Prints the same JSON.
import {evaluate, open, vocabularySize} from "./llama.mjs";
import {readOptions} from "./options.mjs";

const options = readOptions(
    {model: null, prompt: 512, decode: 64, depth: 0, threads: 2, repetitions: 3, kv: "f16"},
    {model: "m", prompt: "p", decode: "n", threads: "t", repetitions: "r"});
const vocabulary = await vocabularySize(options.model);
const contextSize = options.depth + Math.max(options.prompt, options.decode) + 1; // the bindings want one free cell
const {context, sequence, loadSeconds} = await open(options.model, {
    threads: options.threads,
    contextSize,
    batchSize: Math.max(512, options.prompt),
    kv: options.kv
});

const prefill = await measure(options.prompt, (tokens) => evaluate(sequence, tokens, {token: true}));
const decode = await measure(options.decode, async (tokens) => {
    for (const token of tokens) await evaluate(sequence, [token], {token: true});
});
console.log(JSON.stringify({
    model: options.model,
    vocabulary,
    threads: context.currentThreads,
    kv: options.kv,
    load_seconds: loadSeconds,
    peak_memory_bytes: process.resourceUsage().maxRSS * 1024,
    depth: options.depth,
    ...(prefill && {prefill}),
    ...(decode && {decode})
}, null, 2));
process.exit(0); // the bindings keep threads alive

function tokensFrom(start, count) {
    return Array.from({length: count}, (_, i) => ((start + i) * 37 + 11) % vocabulary);
}

async function time(count, work) {
    await sequence.clearHistory();
    if (options.depth > 0) await evaluate(sequence, tokensFrom(0, options.depth), {token: true});
    const start = performance.now();
    await work(tokensFrom(options.depth, count));
    return (performance.now() - start) / 1000;
}

async function measure(count, work) {
    if (count === 0) return null;
    const seconds = [];
    for (let warmUp = 0; warmUp < 1;) warmUp += await time(count, work);
    while (seconds.length < options.repetitions) seconds.push(await time(count, work));
    seconds.sort((a, b) => a - b);
    const median = (seconds[(seconds.length - 1) >> 1] + seconds[seconds.length >> 1]) / 2;
    return {tokens: count, tokens_per_second: count / median, seconds};
}
