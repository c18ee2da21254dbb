// What the scripts here share: llama.cpp (node-llama-cpp's official build) on the processor, with a fixed number of threads.
import {getLlama, readGgufFileInfo} from "node-llama-cpp";

/** Loads a model and makes a context: no GPU, the given type of cache, flash attention where it is asked for. */
export async function open(path, {threads, contextSize, batchSize, kv, flashAttention = false}) {
    const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: "error", progressLogs: false});
    const start = performance.now();
    const model = await llama.loadModel({modelPath: path, gpuLayers: 0});
    const loadSeconds = (performance.now() - start) / 1000;
    const context = await model.createContext({
        contextSize,
        batchSize,
        threads: {ideal: threads, min: threads},
        flashAttention,
        experimentalKvCacheKeyType: kv.toUpperCase(),
        experimentalKvCacheValueType: kv.toUpperCase()
    });
    return {llama, model, context, loadSeconds};
}

/** Evaluates tokens as one batch and returns what the model says behind the last of them. */
export async function evaluate(sequence, tokens, wanted) {
    const input = tokens.map((token, i) => i === tokens.length - 1 ? [token, {generateNext: {...wanted, options: {temperature: 0}}}] : token);
    const results = await sequence.controlledEvaluate(input);
    return results[tokens.length - 1].next;
}

/** Number of tokens in the vocabulary of a file. */
export async function vocabularySize(path) {
    const info = await readGgufFileInfo(path, {readTensorInfo: true, logWarnings: false});
    const embedding = info.fullTensorInfo.find((tensor) => tensor.name === "token_embd.weight");
    return Number(embedding.dimensions[1]);
}
