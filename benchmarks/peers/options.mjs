import {parseArgs} from "node:util";

/** Command-line options, whole numbers where the default is one. Exits with one sentence if they are wrong. */
export function readOptions(defaults, shortNames = {}) {
    const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, {type: "string"}]));
    for (const [name, short] of Object.entries(shortNames)) options[name].short = short;
    try {
        const {values} = parseArgs({options});
        return Object.fromEntries(Object.entries(defaults).map(([name, usual]) => [name, convert(name, values[name], usual)]));
    } catch (error) {
        console.error(error.message);
        process.exit(1);
    }
}

function convert(name, text, usual) {
    if (text === undefined) {
        if (usual === null) throw new Error(`--${name} is missing`);
        return usual;
    }
    if (typeof usual !== "number") return text;
    if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not '${text}'`);
    return Number(text);
}
