import {parseArgs} from "node:util";

/**
 * Command-line options by their defaults: whole numbers where the default is one, switches where it is false, lists where it is an array
 * (the option may come several times). An option whose default is null must be given. Exits with one sentence if something is wrong.
 */
export function readOptions(defaults, shortNames = {}) {
    const options = Object.fromEntries(Object.entries(defaults).map(([name, usual]) =>
        [name, {type: usual === false ? "boolean" : "string", multiple: Array.isArray(usual)}]));
    for (const [name, short] of Object.entries(shortNames)) options[name].short = short;
    try {
        const {values} = parseArgs({options});
        return Object.fromEntries(Object.entries(defaults).map(([name, usual]) => [name, convert(name, values[name], usual)]));
    } catch (error) {
        console.error(error.message);
        process.exit(1);
    }
}

function convert(name, value, usual) {
    if (value === undefined) {
        if (usual === null) throw new Error(`--${name} is missing`);
        return usual;
    }
    if (typeof usual !== "number") return value;
    if (!/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not '${value}'`);
    return Number(value);
}
