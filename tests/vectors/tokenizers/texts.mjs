// The texts that tokenizers are compared on: 700, always the same. Code points that Unicode added lately are left out, since the
// tokenizers compared are built on different versions of its tables, and so are U+0085 and U+FEFF, on which JavaScript's \s differs
// from Unicode's White_Space.

let state = 20250807;
const random = below => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = list => list[random(list.length)];
const several = (count, make) => Array.from({ length: count }, make);

const english = `The quick brown fox jumps over the lazy dog, and the dog doesn't mind at all.
I'd rather we'd gone home; they've said it's what you'll want, but I'm not sure. HE'S SURE, SHE'LL SEE, WE'RE DONE, I'VE WON, I'D GO, DON'T!
Dr. Müller's naïve café façade cost £3.50 (or €4,20) in 1999; today it's $1,234,567.89 per m².
"Well," she said -- 'perhaps' -- "the answer is forty-two?" He replied: (yes!) [no] {maybe} <never>...
In mathematics, a group is a set with an operation that combines any two elements to produce a third element.
Language models assign probabilities to sequences of tokens; a tokenizer decides what a token is.
Once upon a time, in a land far away, there lived a king who had three daughters.
Please send the report to someone@example.com or visit https://example.org/path?query=1&other=two#top before 12:30.
antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis
It was the best of times, it was the worst of times, it was the age of wisdom.`.split("\n");
const chinese = `深度求索是一家专注于人工智能的公司。
今天天气怎么样？我们去公园散步吧！
机器学习模型需要大量的数据，才能学会一件事情。
《红楼梦》是中国古典四大名著之一，作者是曹雪芹。
他说：“三人行，必有我师焉。”——《论语》
繁體中文的測試：臺灣、香港與澳門。
价格是１２３元，（含税）；电话：010-12345678。
龘龗䶮㐀㐁䲜 鿋鿌`.split("\n");
const scripts = `日本語のテキスト：カタカナ・ひらがな、漢字。コンピューターｶﾞ半角
한국어 문장은 띄어쓰기가 있습니다. 안녕하세요? ㄱㄴㄷ
Съешь же ещё этих мягких французских булок, да выпей чаю.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.
أبجد هوز حطي كلمن، ١٢٣٤٥ السَّلَامُ عَلَيْكُمْ
עברית: שָׁלוֹם עוֹלָם
हिन्दी में लिखा हुआ एक वाक्य। क्षत्रिय १२३
ภาษาไทยไม่มีช่องว่างระหว่างคำ ๑๒๓
ქართული ენა ႠႡႢ ᲐᲑᲒ
Հայերեն լեզու և գիր
Tiếng Việt có nhiều dấu: ằ ẵ ặ ễ ữ
ไทย हिंदी 中文 English Русский العربية を混ぜる
ᎠꭰᏣᎳᎩ ᠮᠣᠩᠭᠣᠯ བོད་ཡིག ខ្មែរ မြန်မာ
ſtraße ﬀ ﬁ ﬆ Ω Å K ℵ ℂ ⅷ ½ ² ₃ ①②③ Ⅻ 〇 〡〢`.split("\n");
const code = [
  "def f(x):\n    return x ** 2  # square\n\n\nclass A:\n\tdef __init__(self):\n\t\tself.x_1 = None\n",
  "for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; } // dot\r\n\r\n",
  "public static async Task<int> Main(string[] args) => await Run(args).ConfigureAwait(false);",
  "SELECT COUNT(*) FROM users WHERE age >= 18 AND name LIKE '%o\\'Neil%';",
  "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Test</title></head>\n<body class='x'>&nbsp;</body></html>",
  "#include <stdio.h>\nint main(void){printf(\"%d\\n\",0x1F);return 0;}",
  "{\"key\": [1, 2.5e-10, null, true], \"nested\": {\"a\": \"\\u00e9\"}}",
  "git commit -m \"fix: don't crash\" && ./run.sh --flag=value | tee out.log 2>&1",
  "let f = |x: &str| -> Option<u32> { x.parse::<u32>().ok() };",
  "$$\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}$$",
];
const numbers = ["0", "12", "123", "1234", "12345", "1234567890", "3.14159265358979", "-1e-7", "1,000,000", "1 000 000", "0x1F600", "12:34:56",
  "2024-01-31T23:59:59Z", "+49 (0)30 123-456", "١٢٣٤", "१२३४५", "１２３４５６", "½¾⅓", "Ⅳ12", "a1b22c333d4444", "v1.2.3-rc.10", "²³¹⁴⁵", "①②③④"];
const emoji = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇨🇳", "❤️", "☺", "🧑🏿‍🚀", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "✊🏻✊🏿", "👩‍❤️‍💋‍👨", "🤷‍♀️!", "text😀text", " 🎉 ", "©®™"];
const spaces = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\u00a0", "\u3000", "\u2003", "\u2009", "\u202f", "\u200b", "\u200d", "\u2028", "\u2029",
  "\u1680", "\u205f", "\v", "\f", "\r", "\u0000", "\u001f", "\u180e", "\u2060", "\u00ad"];
const special = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜tool▁calls▁begin｜>", "<｜fim▁hole｜>", "<|EOT|>",
  "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "<|fim_prefix|>", "<|begin_of_text|>", "<|eot_id|>",
  "<|start_header_id|>", "<|end_of_text|>", "<|reserved_special_token_5|>", "<s>", "</s>", "<unk>", "<0x0A>", "<|im_start", "im_end|>", "<｜User", "<<s>>", "▁", "Ġ", "Ċ"];
const combining = ["e\u0301", "é", "A\u030a", "q\u0323\u0307", "q\u0307\u0323", "\u1100\u1161\u11a8", "각", "\u0344", "\u212b", "\u2126", "\uf900", "\u0958", "\u0301", "a\u0315\u0300\u05ae\u0062",
  "\u1e9b\u0323", "\ufb2c", "\u09c7\u09be", "\u{1d15e}", "\u{2f800}", "\u0b47\u0b3e", "n\u0303o\u0308"];
const ranges = [[0x0, 0x7f], [0x80, 0x84], [0x86, 0x2ff], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x52f], [0x5d0, 0x5ea], [0x600, 0x6ff], [0x900, 0x97f], [0xe00, 0xe5b],
  [0x10a0, 0x10ff], [0x1100, 0x11ff], [0x13a0, 0x13fd], [0x1e00, 0x1fff], [0x2000, 0x2064], [0x20a0, 0x20bf], [0x2100, 0x218b], [0x2190, 0x23fe], [0x2460, 0x2bff],
  [0x3000, 0x30ff], [0x3400, 0x4db5], [0x4e00, 0x9fff], [0xa000, 0xa48c], [0xac00, 0xd7a3], [0xf900, 0xfa6d], [0xfb00, 0xfb06], [0xfe00, 0xfe4f], [0xff01, 0xffef],
  [0x10000, 0x1005d], [0x10400, 0x1049d], [0x1d000, 0x1d0f5], [0x1d400, 0x1d7ff], [0x1f300, 0x1f64f], [0x1f900, 0x1f9ff], [0x20000, 0x2a6d6], [0x2f800, 0x2fa1d],
  [0xe0020, 0xe007f], [0xe0100, 0xe01ef]];
const anyCharacter = () => {
  const [first, last] = pick(ranges);
  return String.fromCodePoint(first + random(last - first + 1));
};
const piece = () => pick([
  () => pick(pick([english, chinese, scripts]).flatMap(line => line.split(" "))), () => pick(numbers), () => pick(emoji), () => pick(spaces), () => pick(spaces),
  () => pick(special), () => pick(combining), () => pick(["'s", "'S", "'ll", "'LL", "'re", "'Ve", "'d", "'x", "'", "''", "'\u017f", "'\u212a"]), anyCharacter,
  () => pick([..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]), () => pick(["...", "!!!\n\n", "=====", "//", "->", "。。", "！？", "、", "·", "—"]), () => pick(code).slice(0, 1 + random(20)),
])();
const longEnglish = () => {
  let text = "";
  while (text.length < 100_000) text += pick(english) + pick([" ", " ", "\n", "\n\n", "  "]) + (random(10) === 0 ? pick(numbers) + " " : "");
  return text.slice(0, 100_000);
};

export const texts = [
  "", " ", "a", "\n", "Hello", " Hello", "Hello ", "  Hello  world  ",
  ...english, ...chinese, ...scripts, ...code, ...numbers, ...emoji, ...spaces, ...special, ...combining,
  ...several(60, () => several(2 + random(8), () => pick(english.flatMap(line => line.split(" ")))).join(pick([" ", " ", "  ", "\n", ", "]))),
  ...several(40, () => several(1 + random(6), () => pick(pick([chinese, scripts]))).join(pick(["", " ", "\n"]))),
  ...several(40, () => several(1 + random(4), () => pick(spaces)).join("") + pick(english).slice(0, 12) + several(1 + random(5), () => pick(spaces)).join("")),
  ...several(30, () => pick(english).slice(0, 10) + pick(special) + pick(["", " ", "\n"]) + pick(chinese).slice(0, 6) + pick(special)),
  ...several(160, () => several(2 + random(25), piece).join("")),
  ...several(140, () => several(1 + random(30), anyCharacter).join("")),
  several(400, piece).join(""),
  longEnglish(),
  several(5000, () => pick(pick([english, chinese, scripts, code, numbers, emoji]))).join(" ").slice(0, 100_000).replace(/[\ud800-\udbff]$/, ""),
];

// Runs of one character: beyond what llama.cpp's regular expressions can take, so only for the others.
export const runs = ["a".repeat(100_000), " ".repeat(100_000), "\n".repeat(50_000), "1".repeat(20_000), "啊".repeat(30_000), "!".repeat(100_000), " \n".repeat(30_000), " ".repeat(60_000) + "a"];

export const trainingText = [...english, ...chinese, ...scripts, ...code, ...numbers, ...emoji];
