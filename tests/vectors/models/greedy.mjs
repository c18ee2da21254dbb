// Greedy ids that llama.cpp gives, one line per model: CPU, one thread, float32 key-value cache, no flash attention.
//
//   node greedy.mjs COUNT "ID ID ID ..." MODEL.gguf ...
import {getLlama} from "node-llama-cpp";

const [count, prompt, ...paths] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: 1});
for (const modelPath of paths) {
    const model = await llama.loadModel({modelPath, gpuLayers: 0, useMmap: false});
    const context = await model.createContext({
        contextSize: 512, batchSize: 512, sequences: 1, threads: 1, flashAttention: false,
        experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"
    });
    const sequence = context.getSequence();
    const ids = [];
    let input = prompt.split(" ").map(Number);
    while (ids.length < Number(count)) {
        const results = await sequence.controlledEvaluate(input.map((id, i) => [id, i === input.length - 1 ? {generateNext: {logits: true}} : {}]));
        const logits = results.at(-1).next.logits;
        let best = -1, most = -Infinity;
        for (const [id, logit] of logits)
            if (logit > most) [best, most] = [id, logit];
        ids.push(best);
        input = [best];
    }

    console.log(ids.join(" "));
    await context.dispose();
    await model.dispose();
}

process.exit(0);
