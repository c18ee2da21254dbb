// Writes llama.cpp's logits for token ids, for parity tests: float32 [tokens, vocabulary] in NumPy's format, like `seek logits`, and
// prints the ids that a greedy continuation takes.
//   node llama-logits.mjs -m model.gguf --tokens "11 48 85" --kv f32 --continue 8 --output logits.npy
import {writeFileSync} from "node:fs";
import {evaluate, open, vocabularySize} from "./llama.mjs";
import {readOptions} from "./options.mjs";

const options = readOptions(
    {model: null, tokens: null, output: "", kv: "f16", threads: 2, continue: 0},
    {model: "m", threads: "t", output: "o"});
const prompt = options.tokens.split(/[\s,]+/).filter(Boolean).map(Number);
const vocabulary = await vocabularySize(options.model);
const {context} = await open(options.model, {
    threads: options.threads,
    contextSize: prompt.length + options.continue + 1,
    batchSize: Math.max(512, prompt.length),
    kv: options.kv
});
const sequence = context.getSequence({contextShift: {strategy: failOnShift}});

const rows = [];
const input = prompt.map((token) => [token, {generateNext: {logits: true, token: true, options: {temperature: 0}}}]);
const results = await sequence.controlledEvaluate(input);
for (const {next} of results) rows.push(row(next.logits));
const greedy = [];
let next = results.at(-1).next;
while (greedy.length < options.continue) {
    greedy.push(next.token);
    next = await evaluate(sequence, [next.token], {logits: true, token: true});
    rows.push(row(next.logits));
}
if (options.output) writeFileSync(options.output, npy(rows));
console.log(greedy.join(" "));
process.exit(0); // the bindings keep threads alive

function failOnShift() {
    throw new Error("The context is full.");
}

function row(logits) {
    const values = new Float32Array(vocabulary).fill(NaN);
    for (const [token, value] of logits) values[token] = value;
    return values;
}

function npy(matrix) {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${matrix.length}, ${vocabulary}), }`;
    const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
    const header = Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY\x01\x00"), Buffer.from([length & 255, length >> 8])]);
    return Buffer.concat([header, Buffer.from(text.padEnd(length - 1) + "\n"), ...matrix.map((values) => Buffer.from(values.buffer))]);
}
