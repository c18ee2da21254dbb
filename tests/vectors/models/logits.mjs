// Logits of every model of this folder, from llama.cpp through node-llama-cpp: CPU, one thread, float32 key-value cache, no flash attention.
//
//   node logits.mjs [NAME ...]
//
// NAME.tokens.txt: the prompt, and its greedy continuation. NAME.logits.npy: float32 [prompt + continuation - 1, vocabulary]; row r holds the
// logits behind token r. The prompt is one batch, the continuation are single steps. NAME.long.npy: the last 8 rows of a 300-token prompt.
import {readdirSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {getLlama} from "node-llama-cpp";

const here = dirname(fileURLToPath(import.meta.url));
const promptLength = 48, continuationLength = 24, longLength = 300, longRows = 8;
const token = (i) => (7 * i * i + 37 * i + 11) % 250;

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: 1});
let names = process.argv.slice(2);
if (names.length === 0)
    names = readdirSync(here).filter((file) => file.endsWith(".gguf")).map((file) => file.slice(0, -5));

for (const name of names) {
    const model = await llama.loadModel({modelPath: join(here, name + ".gguf"), gpuLayers: 0, useMmap: false});
    const prompt = Array.from({length: promptLength}, (_, i) => token(i));
    const {rows, continuation} = await withSequence(model, async (sequence) => {
        const rows = await evaluate(sequence, prompt);
        const continuation = [best(rows.at(-1))];
        while (continuation.length < continuationLength) {
            rows.push(...await evaluate(sequence, [continuation.at(-1)]));
            continuation.push(best(rows.at(-1)));
        }
        return {rows, continuation};
    });
    const long = await withSequence(model, (sequence) => evaluate(sequence, Array.from({length: longLength}, (_, i) => token(i))));
    await model.dispose();

    writeFileSync(join(here, name + ".tokens.txt"), prompt.join(" ") + "\n" + continuation.join(" ") + "\n");
    writeNpy(name + ".logits.npy", rows);
    writeNpy(name + ".long.npy", long.slice(-longRows));
    const flat = rows.flatMap((row) => [...row]);
    const deviation = Math.sqrt(flat.reduce((sum, x) => sum + x * x, 0) / flat.length);
    const gaps = rows.slice(promptLength - 1).map((row) => { const [a, b] = [...row].sort((x, y) => y - x); return a - b; });
    console.log(`${name}: logits of rms ${deviation.toFixed(3)}, smallest greedy margin ${Math.min(...gaps).toExponential(1)}, continuation ${continuation.join(" ")}`);
}

async function withSequence(model, work) {
    const context = await model.createContext({
        contextSize: 512, batchSize: 512, sequences: 1, threads: 1, flashAttention: false,
        experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"
    });
    try {
        return await work(context.getSequence());
    } finally {
        await context.dispose();
    }
}

async function evaluate(sequence, tokens) {
    const results = await sequence.controlledEvaluate(tokens.map((id) => [id, {generateNext: {logits: true}}]));
    return results.map(({next}) => {
        const row = new Float32Array(next.logits.size);
        for (const [id, logit] of next.logits) row[id] = logit;
        return row;
    });
}

function best(row) {
    return row.reduce((best, logit, id) => logit > row[best] ? id : best, 0);
}

function writeNpy(file, rows) {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0].length}), }`;
    const padded = header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11) + "\n";
    const preamble = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
    writeFileSync(join(here, file), Buffer.concat([preamble, Buffer.from(padded), ...rows.map((row) => Buffer.from(row.buffer))]));
}
