// Writes src/SeekSharp/Tokenizers/FormC.txt, the tables of Unicode's form C, from what String.prototype.normalize does.
// (.NET leaves text as it is under InvariantGlobalization, so SeekSharp brings its own.)   node normalization.mjs
import { writeFileSync } from "node:fs";

const form = (name, ...codes) => String.fromCodePoint(...codes).normalize(name);
const codes = text => [...text].map(c => c.codePointAt(0));
const hex = code => code.toString(16).toUpperCase().padStart(4, "0");
const isHangul = code => code >= 0xac00 && code <= 0xd7a3;

// Combining classes: only their order matters. a sorts before b where "b a" is brought into the order "a b".
const [lowest, highest] = [0x334, 0x345];
const swaps = (first, second) => form("NFD", first, second) === String.fromCodePoint(second, first);
const classes = []; // each a list of code points, in ascending order of class
const decompositions = [];
for (let code = 0x80; code <= 0x10ffff; code++) {
  if ((code >= 0xd800 && code <= 0xdfff) || isHangul(code)) continue;
  const decomposed = form("NFD", code);
  if (decomposed !== String.fromCodePoint(code)) {
    const recomposed = form("NFC", code) === String.fromCodePoint(code);
    decompositions.push(`${hex(code)}${recomposed ? "" : "!"} ${codes(decomposed).map(hex).join(" ")}`);
    continue;
  }
  if (code !== lowest && code !== highest && !swaps(highest, code) && !swaps(code, lowest)) continue;
  let at = 0;
  while (at < classes.length && swaps(code, classes[at][0])) at++;
  const isSame = at < classes.length && !swaps(classes[at][0], code);
  if (isSame) classes[at].push(code);
  else classes.splice(at, 0, [code]);
}

const ranges = list => list.reduce((runs, code) => {
  const last = runs.at(-1);
  if (last && last[1] === code - 1) last[1] = code;
  else runs.push([code, code]);
  return runs;
}, []).map(([first, end]) => (first === end ? hex(first) : `${hex(first)}-${hex(end)}`));

writeFileSync(new URL("../../../src/SeekSharp/Tokenizers/FormC.txt", import.meta.url), [
  `# Unicode ${process.versions.unicode}, written by tests/vectors/tokenizers/normalization.mjs.`,
  "# First the combining characters, one line per combining class in ascending order.",
  "# Then the full decompositions (form D) but Hangul's; ! marks what form C does not compose again.",
  ...classes.map(list => `: ${ranges(list).join(" ")}`),
  ...decompositions,
].join("\n") + "\n");
