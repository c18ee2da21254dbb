// Runs SeekSharp and other engines alternately on the same files, with a probe of the memory bandwidth around each run, and prints medians, spreads,
// ratios and whether the goals are met. They share the machine with nothing else, please.
import {existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync} from "node:fs";
import {cpus, tmpdir, totalmem} from "node:os";
import path from "node:path";
import {enginesFor, readBandwidth, readInt8Ceiling, usualIkFlags, versions} from "./engines.mjs";
import {readOptions} from "./options.mjs";
import {describe, writeInto} from "./report.mjs";

const cores = cpus().length;
const options = readOptions(
    {
        model: [], ik: "", "ik-flags": usualIkFlags, flash: "off", pairs: 5, quick: false, tests: "", prompt: 512, decode: 64, batch: 8, threads: cores,
        write: "", output: "", append: false
    },
    {model: "m", prompt: "p", decode: "n", threads: "t", output: "o"});
const groups = {
    main: {threads: options.threads, prompt: options.prompt, decode: options.decode, batch: options.batch, depth: 0, pairs: options.pairs},
    4096: {threads: options.threads, prompt: 0, decode: options.decode, batch: 0, depth: 4096, pairs: options.pairs},
    16384: {threads: options.threads, prompt: 0, decode: options.decode, batch: 0, depth: 16384, pairs: 1}, // a prompt of minutes for each engine
    "one-thread": {threads: 1, prompt: options.prompt, decode: options.decode, batch: 0, depth: 0, pairs: options.pairs}
};
const chosen = chooseGroups();
if (options.model.length === 0) fail("--model is missing.");
for (const file of [...options.model, ...(options.ik ? [options.ik] : [])]) if (!existsSync(file)) fail(`There is no file '${file}'.`);
if (options.append && !options.output) fail("--append needs --output, the file to which runs are added.");

const states = mkdtempSync(path.join(tmpdir(), "peers-"));
process.on("exit", () => rmSync(states, {recursive: true, force: true}));
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));
const engines = enginesFor({ik: options.ik, ikFlags: options["ik-flags"], flash: options.flash, states: stateFolder});
if (!options.ik) console.error("ik_llama.cpp is left out: give its llama-bench with --ik PATH.");

const record = options.append && existsSync(options.output) ? JSON.parse(readFileSync(options.output, "utf8")) : {files: [], runs: []};
record.machine = {processor: cpus()[0].model, cores, memory: totalmem()};
try {
    const known = await versions();
    for (const file of options.model) await measureFile(file, known);
} catch (error) {
    fail(error.message);
}
const section = describe(record);
console.log(section);
if (options.write) writeInto(options.write, section);

async function measureFile(file, known) {
    const facts = {path: file, bytes: statSync(file).size, read_seconds: readOnce(file)};
    record.files = [...record.files.filter((other) => other.path !== file), facts];
    let bandwidth = {threads: 0, value: 0};
    for (const group of chosen) {
        const int8Ceiling = group.prompt > 0 ? await readInt8Ceiling(group.threads) : undefined;
        const first = Math.max(-1, ...record.runs.filter((run) => run.file === file).map((run) => run.pair)) + 1;
        for (let pair = 0; pair < group.pairs; pair++) {
            for (const engine of engines) {
                const before = bandwidth.threads === group.threads ? bandwidth.value : await readBandwidth(group.threads);
                const result = await engine.run(file, group);
                check(engine, file, group, result);
                bandwidth = {threads: group.threads, value: await readBandwidth(group.threads)};
                facts.architecture ??= result.architecture;
                const run = {
                    file,
                    engine: engine.name,
                    pair: first + pair,
                    date: new Date().toISOString(),
                    version: known[engine.name],
                    bandwidth: (before + bandwidth.value) / 2,
                    int8_ceiling: int8Ceiling,
                    ...result
                };
                record.runs.push(run);
                if (options.output) writeFileSync(options.output, JSON.stringify(record, null, 1) + "\n");
                console.error(`${path.basename(file)}, ${group.name}, pair ${pair + 1} of ${group.pairs}: ${engine.name.padEnd(12)} ${speeds(result)}, ${run.bandwidth.toFixed(1)} GB/s`);
            }
        }
    }
}

function chooseGroups() {
    const names = options.tests ? options.tests.split(",") : Object.keys(groups).filter((name) => name !== "16384" || !options.quick).sort((a, b) => order(a) - order(b));
    return names.map((name) => {
        if (!Object.hasOwn(groups, name)) fail(`--tests takes ${Object.keys(groups).join(", ")} with commas between them, not '${name}'.`);
        return {...groups[name], name, pairs: options.quick ? 1 : groups[name].pairs};
    });
}

/** The order of the table; names that are numbers come first in an object. */
function order(name) {
    return ["main", "one-thread", "4096", "16384"].indexOf(name);
}

function check(engine, file, group, result) {
    if (result.threads !== group.threads) fail(`${engine.name} ran with ${result.threads} threads, not ${group.threads}: nothing to compare.`);
    const other = record.runs.find((run) => run.file === file && run.vocabulary !== undefined)?.vocabulary;
    if (result.vocabulary !== undefined && other !== undefined && other !== result.vocabulary)
        fail(`The engines see vocabularies of ${other} and ${result.vocabulary} tokens in ${file}: their token ids differ.`);
}

/** Where llama.cpp keeps contexts of a file between runs. */
function stateFolder(file) {
    const folder = path.join(states, `${options.model.indexOf(file)}`);
    mkdirSync(folder, {recursive: true});
    return folder;
}

/** Seconds to read a file once, from the page cache if it is there: so it is when engines load it for the second time. */
function readOnce(file) {
    const buffer = Buffer.allocUnsafe(8 << 20), handle = openSync(file);
    while (readSync(handle, buffer) > 0);
    const again = openSync(file), start = performance.now();
    while (readSync(again, buffer) > 0);
    return (performance.now() - start) / 1000;
}

function speeds(result) {
    return result.tests.map((test) => `${test.test}${test.sequences > 1 ? ` x ${test.sequences}` : ""} ${test.tokens_per_second.toFixed(2)}`).join(", ") + " tokens/s";
}

function fail(message) {
    console.error(`peers: ${message}`);
    process.exit(1);
}
