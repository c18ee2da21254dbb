// Trains small vocabularies. Merges are learnt across words, digits and punctuation, so that a wrong cut of the text shows in the ids.

const merge = (sequences, count, skip) => {
  const merges = [];
  while (merges.length < count) {
    const frequency = new Map();
    for (const sequence of sequences)
      for (let i = 0; i + 1 < sequence.length; i++) {
        const pair = sequence[i] + "\u0000" + sequence[i + 1];
        if (!skip(sequence[i], sequence[i + 1])) frequency.set(pair, (frequency.get(pair) ?? 0) + 1);
      }
    const [best] = [...frequency].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const [left, right] = best.split("\u0000");
    merges.push([left, right]);
    for (const sequence of sequences)
      for (let i = 0; i + 1 < sequence.length; i++) if (sequence[i] === left && sequence[i + 1] === right) sequence.splice(i, 2, left + right);
  }
  return merges;
};

export function trainByteLevel(lines) {
  const alphabet = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++)
    alphabet.push(String.fromCharCode((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae ? byte : next++));
  // The signs, line breaks and digits once more in a row: their pairs are too rare in the text to be learnt.
  const odd = ["  ", "    ", "\n\n", "\r\n", "\t\t", " \n", "1234567890 1234567890", "12 12 34", "!! ?? .. ,, ::", ") (", "). ", "，。", "。 ", "　　", "'s 't 'll", "a1 b2", "1a 2b", "中a 中1", "é à"];
  const sequences = [...lines, ...odd.flatMap(text => Array(8).fill(text))].map(line => [...Buffer.from(line)].map(byte => alphabet[byte]));
  const merges = merge(sequences, 700, (left, right) => left.length + right.length > 12);
  const tokens = [...alphabet, ...new Set(merges.map(([left, right]) => left + right))];
  const special = [["<s>", 3], ["</s>", 3], ["<think>", 4], ["</think>", 4], ["<｜User｜>", 3], ["<|im_start|>", 3], ["<|im_end|>", 3], ["<unused>", 5]].filter(([token]) => !tokens.includes(token));
  const types = [...tokens.map(() => 1), ...special.map(([, type]) => type)];
  return { tokens: [...tokens, ...special.map(([token]) => token)], types, merges: merges.map(pair => pair.join(" ")), bos: tokens.length, eos: tokens.length + 1 };
}

export function trainSentencePiece(lines) {
  const sequences = lines.map(line => [..."▁" + line.replaceAll(" ", "▁")]);
  const frequency = new Map();
  for (const c of sequences.flat()) frequency.set(c, (frequency.get(c) ?? 0) + 1);
  const characters = [...frequency].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 250).map(([c]) => c);
  const known = sequences.map(sequence => sequence.map(c => (characters.includes(c) ? c : "\u0000")).join("").split("\u0000").filter(part => part).map(part => [...part])).flat();
  const merges = merge(known, 500, (left, right) => left.length + right.length > 10);
  const pieces = [...new Set(merges.map(([left, right]) => left + right))];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...pieces, ...characters];
  return {
    tokens, bos: 1, eos: 2,
    types: [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), ...characters.map(() => 1)],
    scores: [0, 0, 0, ...bytes.map(() => 0), ...pieces.map((_, rank) => -rank), ...characters.map((_, rank) => -pieces.length - rank)],
  };
}
