// Perplexity of story.txt from llama.cpp's logits, by the counting of its own tool (tools/perplexity/perplexity.cpp), which no npm package has:
// CPU, one thread, float32 key-value cache, no flash attention.
//
//   node perplexity.mjs [FOLDER_WITH_FIXTURES]
//
// Writes expected.json. Models come from ../models and from the folder (default ../../../../shared/fixtures, beside the project); those that are not there are left out.
import {existsSync, readFileSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {getLlama} from "node-llama-cpp";

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = process.argv[2] ?? join(here, "../../../../shared/fixtures");
const text = readFileSync(join(here, "story.txt"), "utf8").replace(/\n$/, ""); // the tool drops the last line break of its file
const cases = [
    {model: "stories260K", context: 512, stride: 0},
    {model: "stories260K", context: 128, stride: 0},
    {model: "stories260K", context: 128, stride: 32},
    {model: "tiny-llama2", context: 256, stride: 0},
    {model: "tiny-deepseek-v3", context: 512, stride: 0},
    {model: "tiny-deepseek-v3", context: 256, stride: 100},
];

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: 1});
const results = [];
for (const {model: name, context, stride} of cases) {
    const path = pathOf(name);
    if (path == null) continue;
    const model = await llama.loadModel({modelPath: path, gpuLayers: 0, useMmap: false});
    const tokens = tokenize(model);
    const losses = [];
    for (const window of windows(model, tokens, context, stride)) {
        const rows = await evaluate(model, window.tokens.slice(0, window.first + window.count), context);
        for (let i = window.first; i < window.first + window.count; i++) losses.push(-logProbabilities(rows[i])[window.tokens[i + 1]]);
    }
    const mean = average(losses), variance = average(losses.map((x) => x * x)) - mean * mean;
    const result = {
        model: name, context, stride, tokens: tokens.length, scored: losses.length,
        perplexity: Math.exp(mean), standardError: Math.exp(mean) * Math.sqrt(variance / (losses.length - 1))
    };
    console.log(result);
    results.push(result);
    await model.dispose();
}
writeFileSync(join(here, "expected.json"), JSON.stringify({perplexities: results}, null, 2) + "\n");

function pathOf(name) {
    return [join(here, "../models", name + ".gguf"), join(fixtures, name + ".gguf")].find((path) => existsSync(path));
}

function tokenize(model) {
    const tokens = [...model.tokenize(text, false)];
    return model.tokens.shouldPrependBosToken ? [model.tokens.bos, ...tokens] : tokens;
}

// Chunks behind one another with the beginning-of-text token in place of their first token, the second half scored; or, with a stride, windows
// that keep their own first token, the last tokens scored.
function windows(model, tokens, context, stride) {
    const list = [];
    if (stride > 0) {
        const count = Math.ceil((tokens.length - context) / stride);
        for (let i = 0; i < count; i++)
            list.push({tokens: tokens.slice(i * stride, i * stride + context), first: context - stride - 1, count: stride});
        return list;
    }
    const half = Math.floor(context / 2);
    for (let start = 0; start + context <= tokens.length; start += context) {
        const chunk = tokens.slice(start, start + context);
        if (model.tokens.shouldPrependBosToken) chunk[0] = model.tokens.bos;
        list.push({tokens: chunk, first: half, count: context - half - 1});
    }
    return list;
}

async function evaluate(model, tokens, contextSize) {
    const context = await model.createContext({
        contextSize, batchSize: contextSize, sequences: 1, threads: 1, flashAttention: false,
        experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"
    });
    try {
        const results = await context.getSequence().controlledEvaluate(tokens.map((id) => [id, {generateNext: {logits: true}}]));
        return results.map(({next}) => {
            const row = new Float32Array(next.logits.size);
            for (const [id, logit] of next.logits) row[id] = logit;
            return row;
        });
    } finally {
        await context.dispose();
    }
}

function logProbabilities(row) {
    const most = row.reduce((most, logit) => Math.max(most, logit), -Infinity);
    const sum = most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
    return Float64Array.from(row, (logit) => logit - sum);
}

function average(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}
