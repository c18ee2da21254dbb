// Times llama.cpp on the steps of `seek bench`: the same tokens, prefill as one batch, decode one token of each sequence a call with the choice of
// the most probable token, a warm-up of at least a second. Prints the same JSON. With --states a context of --depth tokens is kept in that folder, so
// that the next run need not compute it again.
import {existsSync} from "node:fs";
import path from "node:path";
import {open, vocabularySize} from "./llama.mjs";
import {readOptions} from "./options.mjs";

const options = readOptions(
    {model: null, prompt: 512, decode: 64, batch: 0, depth: 0, threads: 2, repetitions: 3, kv: "f16", flash: "off", states: ""},
    {model: "m", prompt: "p", decode: "n", threads: "t", repetitions: "r"});
if (options.depth > 0 && options.batch > 0) throw new Error("Several sequences are measured without --depth.");
const vocabulary = await vocabularySize(options.model);
const batchSize = Math.max(512, options.prompt);
const contextSize = options.depth + Math.max(options.prompt, options.decode) + 1; // the bindings want one free cell
const {llama, model, context, loadSeconds} = await open(options.model, {
    threads: options.threads,
    contextSize,
    batchSize,
    kv: options.kv,
    flashAttention: options.flash === "on"
});
const sampler = new llama._bindings.AddonSampler(model._model);
sampler.applyConfig({temperature: 0});
let cells = context._ctx; // the bindings' own sequences and queues take time that is not llama.cpp's
await step([[0]], 0);
const firstTokenSeconds = performance.now() / 1000; // since the process started
cells.disposeSequence(0);
const threads = context.currentThreads;

const tests = [];
if (options.depth > 0) await restore();
if (options.prompt > 0) tests.push(await measure("prefill", options.prompt, 1, ([tokens]) => step([tokens], options.depth)));
if (options.decode > 0) tests.push(await measure("decode", options.decode, 1, decode));
if (options.batch > 0) {
    await context.dispose();
    const wide = await model.createContext({
        contextSize: options.decode + 1,
        sequences: options.batch,
        batchSize,
        threads: {ideal: options.threads, min: options.threads},
        flashAttention: options.flash === "on",
        experimentalKvCacheKeyType: options.kv.toUpperCase(),
        experimentalKvCacheValueType: options.kv.toUpperCase()
    });
    cells = wide._ctx;
    tests.push(await measure("decode", options.decode, options.batch, decode));
}
console.log(JSON.stringify({
    model: options.model,
    vocabulary,
    threads,
    kv: options.kv,
    load_seconds: loadSeconds,
    first_token_seconds: firstTokenSeconds,
    peak_memory_bytes: process.resourceUsage().maxRSS * 1024,
    tests
}, null, 2));
process.exit(0); // the bindings keep threads alive

/** Appends tokens to each sequence at a position, and chooses the most probable token behind the last of each. */
async function step(sequences, position) {
    cells.initBatch(sequences.reduce((sum, tokens) => sum + tokens.length, 0));
    const rows = sequences.map((tokens, i) => cells.addToBatch(i, position, Uint32Array.from(tokens), Uint32Array.of(tokens.length - 1))[0]);
    await cells.decodeBatch();
    for (const row of rows) await cells.sampleToken(row, sampler);
}

async function decode(sequences) {
    for (let i = 0; i < options.decode; i++) await step(sequences.map((tokens) => [tokens[i]]), options.depth + i);
}

/** Fills the first sequence up to the depth: from a file where there is one. */
async function restore() {
    const file = options.states && path.join(options.states, `depth-${options.depth}-${options.flash}-${options.kv}.state`);
    if (file && existsSync(file)) {
        await cells.loadSequenceStateFromFile(file, 0, contextSize);
        return;
    }
    const tokens = tokensOf(options.depth, 0, 0);
    for (let i = 0; i < tokens.length; i += batchSize) await step([tokens.slice(i, i + batchSize)], i);
    if (file) await cells.saveSequenceStateToFile(file, 0, Uint32Array.from(tokens));
}

/** The tokens of `seek bench`: those of one sequence are others than those of the next. */
function tokensOf(count, start, sequence) {
    return Array.from({length: count}, (_, i) => {
        let hash = (start + i + (sequence << 20)) >>> 0;
        hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
        hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
        return ((hash ^ (hash >>> 16)) >>> 0) % vocabulary;
    });
}

async function time(count, sequenceCount, work) {
    const sequences = Array.from({length: sequenceCount}, (_, i) => tokensOf(count, options.depth, i));
    const start = performance.now();
    await work(sequences);
    const seconds = (performance.now() - start) / 1000;
    sequences.forEach((_, i) => cells.removeTokenCellsFromSequence(i, options.depth, -1));
    return seconds;
}

async function measure(test, tokens, sequences, work) {
    const seconds = [];
    for (let warmUp = 0; warmUp < 1;) warmUp += await time(tokens, sequences, work);
    while (seconds.length < options.repetitions) seconds.push(await time(tokens, sequences, work));
    const sorted = seconds.toSorted((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return {test, tokens, sequences, depth: options.depth, tokens_per_second: tokens * sequences / median, seconds};
}
