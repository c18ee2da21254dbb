// What SeekSharp aims at: ratios to the other engines, shares of the bandwidth, load and memory.

/** Below so many multiply-adds a token a model is a small one. */
const small = 1e9;

/** The goals of a test: least ratio to each engine, and the share of the bandwidth that does as well ("or") or is asked for besides ("and"). */
export function goalsOf({test, sequences, depth}, {architecture, multiplyAdds, isQ8}) {
    if (test === "prefill") {
        if (architecture !== "deepseek" || multiplyAdds < small) return {ratios: {"llama.cpp": 1.3}};
        return {ratios: isQ8 ? {"ik_llama.cpp": 1.6, "llama.cpp": 5} : {"ik_llama.cpp": 1.75, "llama.cpp": 4}};
    }
    if (sequences > 1) return {ratios: {"ik_llama.cpp": 1.1, "llama.cpp": 1.4}, bandwidth: {share: 0.9, kind: "and", engine: "ik_llama.cpp"}};
    if (depth > 0) return {ratios: {"ik_llama.cpp": 1.2, "llama.cpp": 1.5}};
    return {ratios: {"ik_llama.cpp": 1.1, "llama.cpp": 1.2}, bandwidth: {share: 0.92, kind: "or"}};
}

/** Of the int8 ceiling, in prefill. */
export const prefillShare = 0.64;

/** First token within so many times what reading the file takes; peak memory at most file + cache + 5% + 150 MB. */
export const load = {readings: 1.5, memory: (file, cache) => (file + cache) * 1.05 + 150e6};

/** "met" or "not met" for one engine, with what was asked for; "" where there is no goal. */
export function judge({ratios, bandwidth}, engine, ratio, share) {
    const least = ratios[engine];
    if (least === undefined || ratio === undefined) return "";
    const concerns = bandwidth && (bandwidth.engine ?? engine) === engine;
    const asked = `≥ ${least}` + (concerns ? ` ${bandwidth.kind} ${Math.round(100 * bandwidth.share)}% of bandwidth` : "");
    const reachesShare = concerns && share >= bandwidth.share;
    const isMet = concerns && bandwidth.kind === "and" ? ratio >= least && reachesShare : ratio >= least || reachesShare;
    return `${asked}: ${isMet ? "met" : "**not met**"}`;
}
