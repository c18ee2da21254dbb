// The engines: each runs a group of tests (one file, one number of threads, one depth) in one process and says what came out, in one form.
import {spawn} from "node:child_process";
import {readFileSync} from "node:fs";
import path from "node:path";

const here = import.meta.dirname;
const root = path.join(here, "../..");

/** ik_llama.cpp's flags that are the fastest for DeepSeek: latent attention absorbed and not, fused, weights repacked when they are loaded. */
export const usualIkFlags = "-mla 3 -fa 1 -fmoe 1 -rtr 1";

/** The engines at hand, in the order in which they take turns. */
export function enginesFor({ik, ikFlags, states, flash}) {
    const engines = [
        {name: "SeekSharp", run: (file, group) => json(path.join(root, "seek"), ["bench", ...steps(file, group), "--json"])},
        {
            name: "llama.cpp",
            run: (file, group) => json(process.execPath, [path.join(here, "llama-bench.mjs"), ...steps(file, group), "--states", states(file), "--flash", flash])
        }
    ];
    if (ik) engines.splice(1, 0, {name: "ik_llama.cpp", run: (file, group) => runIk(ik, ikFlags.split(/\s+/).filter(Boolean), file, group)});
    return engines;
}

/** Read bandwidth in gigabytes a second. */
export async function readBandwidth(threads) {
    return Number((await output("dotnet", [path.join(here, "../bandwidth/bin/Release/net10.0/bandwidth.dll"), `${threads}`])).text);
}

/** Billions of int8 multiply-adds a second that registers alone reach; undefined where the processor has no AVX-512 VNNI. */
export async function readInt8Ceiling(threads) {
    const program = path.join(here, "../Kernels/bin/Release/net10.0/Kernels.dll");
    return (await json("dotnet", [program, "ceilings", `${threads}`])).int8_gmac_per_second;
}

/** What is compared: commit of this tree, versions of the others as far as they say. */
export async function versions() {
    const commit = (await output("git", ["-C", root, "rev-parse", "--short", "HEAD"])).text.trim();
    const changed = (await output("git", ["-C", root, "status", "--porcelain", "--untracked-files=no"])).text.trim() !== "";
    const bindings = JSON.parse(readFileSync(path.join(here, "node_modules/node-llama-cpp/package.json"), "utf8")).version;
    const release = JSON.parse(readFileSync(path.join(here, "node_modules/node-llama-cpp/llama/binariesGithubRelease.json"), "utf8")).release;
    return {"SeekSharp": commit + (changed ? " with changes" : ""), "llama.cpp": `${release} of node-llama-cpp ${bindings}`};
}

function steps(file, {threads, prompt, decode, batch, depth}) {
    return ["-m", file, "-p", `${prompt}`, "-n", `${decode}`, "--batch", `${batch}`, "--depth", `${depth}`, "-t", `${threads}`, "-r", "1"];
}

async function json(command, args) {
    return JSON.parse((await output(command, args)).text);
}

/**
 * llama-bench warms up with one token only, so that the first of two repetitions is not counted; at a depth the prompt before it is the warm-up.
 * It decodes one sequence only. A prompt in batches of 8 is taken for 8 sequences: 8 random tokens a step and the same weights read, but one row of
 * logits, not 8, which favours it a little.
 */
async function runIk(program, flags, file, {threads, prompt, decode, batch, depth}) {
    const tests = [];
    const common = ["-m", file, "-t", `${threads}`, "-o", "json", ...flags];
    const runs = [];
    if (depth > 0) runs.push(["-p", "0", "-n", "0", "-gp", `${depth},${decode}`, "-r", "1"]);
    else runs.push(["-p", `${prompt}`, "-n", `${decode}`, "-r", "2"]);
    if (batch > 0) runs.push(["-p", `${decode * batch}`, "-n", "0", "-b", `${batch}`, "-ub", `${batch}`, "-r", "2"]);
    const result = {threads, peak_memory_bytes: 0};
    for (const args of runs) {
        const start = performance.now();
        const {text, peakMemory} = await output(program, [...common, ...args]);
        const seconds = (performance.now() - start) / 1000;
        const reports = JSON.parse(text);
        for (const report of reports) {
            const isBatch = args.includes("-ub");
            const [tokens, sequences] = isBatch ? [decode, batch] : [report.n_gen || report.n_prompt, 1];
            const counted = report.samples_ns.slice(depth > 0 ? 0 : 1).map((value) => value / 1e9);
            tests.push({
                test: report.n_gen > 0 || isBatch ? "decode" : "prefill", tokens, sequences, depth, tokens_per_second: tokens * sequences / counted[0], seconds: counted
            });
        }
        // what is not in its samples: reading, repacking, the first token
        if (depth === 0) result.load_seconds ??= seconds - reports.flatMap((report) => report.samples_ns).reduce((sum, value) => sum + value / 1e9, 0);
        result.peak_memory_bytes = Math.max(result.peak_memory_bytes, peakMemory);
        result.version = `${reports[0].build_commit === "unknown" ? "of an unknown commit" : reports[0].build_commit} ${flags.join(" ")}`;
    }
    return {...result, tests};
}

/** Runs a program to its end; gives its standard output and, on Linux, its largest resident set. */
async function output(command, args) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, {stdio: ["ignore", "pipe", "pipe"]});
        const texts = {stdout: "", stderr: ""};
        let peakMemory = 0;
        const watch = setInterval(() => peakMemory = Math.max(peakMemory, residentPeak(child.pid)), 200);
        for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (data) => texts[stream] += data);
        child.on("error", (error) => finish(() => reject(error)));
        child.on("close", (code, signal) => finish(() => {
            if (code === 0) resolve({text: texts.stdout, peakMemory});
            else reject(new Error(`${path.basename(command)} ${args.join(" ")} ended with ${signal ?? code}: ${texts.stderr.trim().slice(-2000)}`));
        }));

        function finish(settle) {
            clearInterval(watch);
            settle();
        }
    });
}

function residentPeak(id) {
    try {
        return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
    } catch {
        return 0; // it has ended, or this is not Linux
    }
}
