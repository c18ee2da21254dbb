// Runs SeekSharp and llama.cpp alternately on one file, with a probe of the memory bandwidth before each run, and prints medians, spreads and
// ratios. The two share the machine with nothing else, please.
import {execFile} from "node:child_process";
import {existsSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {cpus} from "node:os";
import path from "node:path";
import {promisify} from "node:util";
import {readOptions} from "./options.mjs";

const here = import.meta.dirname;
const options = readOptions(
    {model: null, pairs: 5, prompt: 512, decode: 64, depth: 0, threads: 2, repetitions: 1, kv: "f16", output: ""},
    {model: "m", prompt: "p", decode: "n", threads: "t", repetitions: "r", output: "o"});
if (!existsSync(options.model)) fail(`There is no file '${options.model}'.`);

const engines = {
    SeekSharp: () => json(path.join(here, "../../seek"), ["bench", ...arguments_(), "--json"]),
    "llama.cpp": () => json(process.execPath, [path.join(here, "llama-bench.mjs"), ...arguments_()])
};
const runs = [];
for (let pair = 0; pair < options.pairs; pair++) {
    for (const [engine, run] of Object.entries(engines)) {
        const bandwidth = await readBandwidth();
        const result = await run();
        if (result.threads !== options.threads) fail(`${engine} ran with ${result.threads} threads, not ${options.threads}: nothing to compare.`);
        runs.push({pair, engine, bandwidth_gb_per_second: bandwidth, ...result});
        console.error(`pair ${pair + 1} of ${options.pairs}: ${engine.padEnd(9)} ${describe(result)}, ${bandwidth.toFixed(1)} GB/s before it`);
    }
}
const vocabularies = new Set(runs.map((run) => run.vocabulary));
if (vocabularies.size > 1) fail(`The engines see vocabularies of ${[...vocabularies].join(" and ")} tokens: their token ids differ.`);

const tests = ["prefill", "decode"].filter((test) => runs[0][test] !== undefined).map(summarise);
report(tests);
if (options.output) writeFileSync(options.output, JSON.stringify({...machine(), options, tests, runs}, null, 2) + "\n");

function arguments_() {
    return [
        "-m", options.model, "-p", `${options.prompt}`, "-n", `${options.decode}`, "--depth", `${options.depth}`, "-t", `${options.threads}`,
        "-r", `${options.repetitions}`, "--kv", options.kv
    ];
}

async function json(command, args) {
    return JSON.parse(await output(command, args));
}

async function readBandwidth() {
    const program = path.join(here, "../bandwidth/bin/Release/net10.0/bandwidth.dll");
    return Number(await output("dotnet", [program, `${options.threads}`]));
}

async function output(command, args) {
    try {
        const {stdout} = await promisify(execFile)(command, args, {maxBuffer: 1 << 26});
        return stdout;
    } catch (error) {
        return fail(`${path.basename(command)} ${args.join(" ")} failed: ${(error.stderr || error.message).trim()}`);
    }
}

function summarise(test) {
    const summary = {test, tokens: runs[0][test].tokens};
    for (const engine of Object.keys(engines)) {
        const speeds = runs.filter((run) => run.engine === engine).map((run) => run[test].tokens_per_second);
        summary[engine] = {median: median(speeds), lowest: Math.min(...speeds), highest: Math.max(...speeds)};
    }
    const ratios = runs.filter((run) => run.engine === "SeekSharp").map((run) =>
        run[test].tokens_per_second / runs.find((other) => other.pair === run.pair && other.engine === "llama.cpp")[test].tokens_per_second);
    return {...summary, ratio: {median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios)}};
}

function median(values) {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function report(summaries) {
    const bandwidths = runs.map((run) => run.bandwidth_gb_per_second);
    console.log(`${path.basename(options.model)}, ${options.threads} threads, ${options.kv} cache, ${options.pairs} pairs; median (lowest to highest)\n`);
    console.log("| test | SeekSharp tokens/s | llama.cpp tokens/s | ratio per pair |");
    console.log("|---|---|---|---|");
    for (const summary of summaries) {
        const name = `${summary.test} ${summary.tokens}${options.depth ? ` at ${options.depth}` : ""}`;
        console.log(`| ${name} | ${spread(summary.SeekSharp)} | ${spread(summary["llama.cpp"])} | ${spread(summary.ratio)} |`);
    }
    const memory = (engine) => Math.max(...runs.filter((run) => run.engine === engine).map((run) => run.peak_memory_bytes)) / 2 ** 20;
    console.log(`\nread bandwidth around the runs: ${Math.min(...bandwidths).toFixed(1)} to ${Math.max(...bandwidths).toFixed(1)} GB/s`);
    console.log(`peak memory: SeekSharp ${memory("SeekSharp").toFixed(0)} MiB, llama.cpp ${memory("llama.cpp").toFixed(0)} MiB; ` +
        `file ${(statSync(options.model).size / 2 ** 20).toFixed(0)} MiB`);
}

function spread({median, lowest, highest}) {
    return `${median.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}

function describe(result) {
    return ["prefill", "decode"].filter((test) => result[test]).map((test) => `${test} ${result[test].tokens_per_second.toFixed(2)} tokens/s`).join(", ");
}

function machine() {
    const bindings = JSON.parse(readFileSync(path.join(here, "node_modules/node-llama-cpp/package.json"), "utf8"));
    return {date: new Date().toISOString(), processor: cpus()[0].model, cores: cpus().length, node_llama_cpp: bindings.version};
}

function fail(message) {
    console.error(`peers: ${message}`);
    process.exit(1);
}
