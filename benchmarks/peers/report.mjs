// Turns runs into a table: medians, spreads, ratios pair by pair, shares of the bandwidth, goals.
import {readFileSync, renameSync, writeFileSync} from "node:fs";
import path from "node:path";
import {goalsOf, isReference, judge, leastBytesPerStep, load, prefillShare} from "./goals.mjs";

const begin = "<!-- benchmarks/peers writes from here", end = "<!-- to here -->";
const peers = ["ik_llama.cpp", "llama.cpp"];

/** The whole section as Markdown. Each run is one engine's result for one group of tests, with pair, file and the bandwidth around it. */
export function describe({machine, files, runs}) {
    const days = [...new Set(runs.map((run) => run.date.slice(0, 10)))];
    const lines = [`${days.join(", ")}; ${machine.processor}, ${machine.cores} cores, ${(machine.memory / 2 ** 30).toFixed(0)} GB. Versions: ` +
        `${[...versionsOf(runs)].join("; ")}. Cells are medians (lowest to highest) in tokens/s, ratios are taken pair by pair.`];
    for (const file of files) {
        const own = runs.filter((run) => run.file === file.path);
        if (own.length > 0) lines.push("", ...describeFile(file, own));
    }
    return lines.join("\n") + "\n";
}

/** Replaces what stands between the two marks of a document. */
export function writeInto(document, section) {
    const text = readFileSync(document, "utf8");
    const start = text.indexOf(begin), stop = text.indexOf(end);
    if (start < 0 || stop < start) throw new Error(`${document} has no lines '${begin} ... -->' and '${end}' to write between.`);
    const bodyStart = text.indexOf("\n", start) + 1;
    writeFileSync(`${document}.new`, `${text.slice(0, bodyStart)}\n${section}\n${text.slice(stop)}`);
    renameSync(`${document}.new`, document);
}

function versionsOf(runs) {
    return new Set(["SeekSharp", ...peers].flatMap((engine) => {
        const found = new Set(runs.filter((run) => run.engine === engine && run.version).map((run) => run.version));
        return found.size > 0 ? [`${engine} ${[...found].join(" and ")}`] : [];
    }));
}

function describeFile(file, runs) {
    const engines = peers.filter((engine) => runs.some((run) => run.engine === engine));
    const titles = engines.flatMap((engine) => [engine, "ratio", "goal"]);
    const lines = [
        `#### ${path.basename(file.path)}, ${(file.bytes / 1e9).toFixed(2)} GB`,
        "",
        `| test | threads | pairs | SeekSharp | GB/s | of bandwidth | ${titles.join(" | ")} |`,
        `|${"---|".repeat(6 + titles.length)}`
    ];
    for (const test of testsOf(runs)) lines.push(row(test, runs, engines, file));
    lines.push("", ...remarks(file, runs));
    return lines;
}

/** The tests in the order in which they were first run, with the number of threads. */
function testsOf(runs) {
    const tests = new Map();
    for (const run of runs) {
        for (const {test, tokens, sequences, depth} of run.tests) tests.set(`${run.threads} ${test} ${tokens} ${sequences} ${depth}`, {threads: run.threads, test, tokens, sequences, depth});
    }
    return [...tests.values()].sort((a, b) => b.threads - a.threads);
}

function row(test, runs, engines, file) {
    const samples = (engine) => runs.filter((run) => run.engine === engine && run.threads === test.threads).flatMap((run) =>
        run.tests.filter((other) => isSame(other, test)).map((result) => ({run, result, speed: result.tokens_per_second})));
    const own = samples("SeekSharp");
    const shares = own.filter(({result}) => result.weight_bytes_per_step >= leastBytesPerStep).map((sample) => ({rate: rateOf(sample), share: rateOf(sample) / sample.run.bandwidth}));
    const share = shares.length > 0 ? median(shares.map((value) => value.share)) : undefined;
    const label = `${test.test} ${test.tokens}${test.sequences > 1 ? ` x ${test.sequences}` : ""}${test.depth ? ` at ${test.depth}` : ""}`;
    const cells = [label, test.threads, own.length, spread(own.map((sample) => sample.speed))];
    cells.push(...(share === undefined ? ["", ""] : [median(shares.map((value) => value.rate)).toFixed(1), `${(100 * share).toFixed(0)}%`]));
    const goals = goalsOf(test, modelOf(file, runs));
    for (const engine of engines) {
        const other = samples(engine);
        const ratios = own.flatMap((sample) => other.filter(({run}) => run.pair === sample.run.pair).map(({speed}) => sample.speed / speed));
        cells.push(other.length > 0 ? spread(other.map((sample) => sample.speed)) : "", ratios.length > 0 ? spread(ratios) : "");
        cells.push(ratios.length > 0 ? judge(goals, engine, median(ratios), share) : "");
    }
    return `| ${cells.join(" | ")} |`;
}

function modelOf(file, runs) {
    const multiplyAdds = runs.find((run) => run.engine === "SeekSharp")?.multiply_adds_per_token;
    return {architecture: file.architecture, multiplyAdds, isQ8: /Q8_0/i.test(path.basename(file.path))};
}

/** Gigabytes that a step's weights and cached keys are a second. */
function rateOf({result}) {
    return (result.weight_bytes_per_step + result.cache_bytes_per_step) * result.tokens_per_second / result.sequences / 1e9;
}

/** Times to the first token, by where the weights came from. */
function describeLoads(file, runs) {
    return [...new Set(runs.map((run) => run.weights))].map((weights) => {
        const loads = runs.filter((run) => run.weights === weights);
        const first = median(loads.map((run) => run.first_token_seconds));
        const goal = weights === "cached" && file.bytes >= load.bytes ? ` (goal: below ${load.cachedSeconds} s: ${first < load.cachedSeconds ? "met" : "**not met**"})` : "";
        const reading = weights === "cached" ? "" : `; reading the file once takes ${file.read_seconds.toFixed(2)} s, from the system's file cache if it is there`;
        return `* Weights ${loadsBy[weights] ?? weights}: first token ${first.toFixed(2)} s after the start of the process, ` +
            `loaded in ${median(loads.map((run) => run.load_seconds)).toFixed(2)} s${goal}${reading}.`;
    });
}

const loadsBy = {cached: "from the cache of packed weights", packed: "packed", packed_into_cache: "packed, and kept in the cache"};

function remarks(file, runs) {
    const lines = [];
    const own = runs.filter((run) => run.engine === "SeekSharp");
    for (const threads of new Set(runs.map((run) => run.threads))) {
        const values = runs.filter((run) => run.threads === threads).map((run) => run.bandwidth);
        lines.push(`* Read bandwidth around the runs, ${threads} thread${threads > 1 ? "s" : ""}: ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} GB/s.`);
    }
    for (const threads of new Set(own.map((run) => run.threads))) lines.push(...describePrefill(own.filter((run) => run.threads === threads), threads, isReference(modelOf(file, runs))));
    const most = Math.max(...own.map((run) => run.threads)); // packing takes longer with one
    lines.push(...describeLoads(file, own.filter((run) => run.threads === most)));
    const others = peers.flatMap((engine) => {
        const seconds = runs.filter((run) => run.engine === engine && run.threads === most && run.load_seconds !== undefined).map((run) => run.load_seconds);
        return seconds.length > 0 ? [`${engine} loads in ${median(seconds).toFixed(1)} s`] : [];
    });
    if (others.length > 0) lines.push(`* ${others.join("; ")}.`);
    const limit = Math.max(...own.map((run) => load.memory(file.bytes, run.cache_bytes)));
    const peak = (engine) => Math.max(0, ...runs.filter((run) => run.engine === engine).map((run) => run.peak_memory_bytes));
    const memory = ["SeekSharp", ...peers].filter((engine) => peak(engine) > 0).map((engine) => `${engine} ${(peak(engine) / 1e6).toFixed(0)} MB`);
    lines.push(`* Peak resident memory: ${memory.join(", ")} (goal: at most ${(limit / 1e6).toFixed(0)} MB: ${peak("SeekSharp") <= limit ? "met" : "**not met**"}).`);
    return lines;
}

/** Multiply-adds of the matrices a second, and their share of what int8 arithmetic could do. */
function describePrefill(runs, threads, hasGoal) {
    const results = runs.flatMap((run) => run.tests.filter(({test}) => test === "prefill").map((test) => ({run, rate: test.tokens_per_second * run.multiply_adds_per_token / 1e9})));
    if (results.length === 0) return [];
    const ceilings = results.filter(({run}) => run.int8_ceiling).map(({run, rate}) => rate / run.int8_ceiling);
    const share = ceilings.length > 0 ? median(ceilings) : undefined;
    const goal = hasGoal ? ` (goal: ${100 * prefillShare}%: ${share >= prefillShare ? "met" : "**not met**"})` : "";
    const judged = share === undefined ? "no int8 ceiling measured" : `${(100 * share).toFixed(0)}% of the int8 ceiling of ${median(results.map(({run}) => run.int8_ceiling)).toFixed(0)}${goal}`;
    return [`* Prefill multiplies ${median(results.map(({rate}) => rate)).toFixed(0)} GMAC/s with ${threads} thread${threads > 1 ? "s" : ""}, head and attention not counted: ${judged}.`];
}

function isSame(a, b) {
    return a.test === b.test && a.tokens === b.tokens && a.sequences === b.sequences && a.depth === b.depth;
}

function spread(values) {
    const digits = Math.max(...values) >= 1000 ? 0 : Math.max(...values) >= 100 ? 1 : 2;
    return values.length === 1 ? values[0].toFixed(digits) : `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}

function median(values) {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
