// What SeekSharp aims at: ratios to the other engines, shares of the bandwidth, load and memory.

/** The reference model and its like; small and dense models have goals of their own. */
export const isReference = ({architecture, multiplyAdds}) => architecture === "deepseek" && multiplyAdds >= 1e9;

/** The goals of a test: least ratio to each engine, and the share of the bandwidth that does as well ("or") or is asked for besides ("and"). */
export function goalsOf({test, sequences, depth}, model) {
    if (test === "prefill") {
        if (!isReference(model)) return {ratios: {"llama.cpp": 1.3}};
        return {ratios: model.isQ8 ? {"ik_llama.cpp": 1.6, "llama.cpp": 5} : {"ik_llama.cpp": 1.75, "llama.cpp": 4}};
    }
    if (sequences > 1) {
        const ratios = {"ik_llama.cpp": 1.1, "llama.cpp": 1.4};
        return isReference(model) ? {ratios, bandwidth: {share: 0.9, kind: "and", engine: "ik_llama.cpp"}} : {ratios};
    }
    if (depth > 0) return {ratios: {"ik_llama.cpp": 1.2, "llama.cpp": 1.5}};
    return {ratios: {"ik_llama.cpp": 1.1, "llama.cpp": 1.2}, bandwidth: {share: 0.92, kind: "or"}};
}

/** A step that reads fewer bytes finds many of them in the caches: its share of the bandwidth says nothing. */
export const leastBytesPerStep = 200e6;

/** Of the int8 ceiling, in prefill of the reference model. */
export const prefillShare = 0.64;

/** First token of a large file from the cache of packed weights; peak memory at most file + cache + 5% + 150 MB. */
export const load = {bytes: 5e9, cachedSeconds: 1, memory: (file, cache) => (file + cache) * 1.05 + 150e6};

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
