// Makes the vectors of ChatTemplateTests with two oracles: npm @huggingface/jinja, and Python's Jinja2 (python3 with package jinja2).
//   node generate.mjs <folder with node_modules> [<folder with further templates, NAME.jinja>]
// Where the oracles differ, Jinja2 decides: models were trained on what it writes. Each vector names the oracles that agree with it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { conversations, templates } from "./conversations.mjs";
import { snippets } from "./snippets.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const data = path.join(here, "../../SeekSharp.Tests/Templates/data");
const [modules, further] = process.argv.slice(2);
const { Template } = await import(pathToFileURL(createRequire(path.resolve(modules, "x.js")).resolve("@huggingface/jinja")));

function huggingFace([template, variables]) {
  try {
    return { text: new Template(template).render(structuredClone(variables)) };
  } catch (problem) {
    return { error: String(problem.message) };
  }
}

function bothOracles(cases) {
  const jinja2 = JSON.parse(execFileSync("python3", [path.join(here, "jinja2_oracle.py")], { input: JSON.stringify(cases), maxBuffer: 1 << 28 }));
  return cases.map((pair, i) => {
    const other = huggingFace(pair);
    const failed = "error" in jinja2[i];
    const same = failed ? "error" in other : other.text === jinja2[i].text;
    if (!same) console.log(`differ: ${JSON.stringify(pair[0]).slice(0, 100)}\n   jinja2 ${JSON.stringify(jinja2[i]).slice(0, 200)}\n   npm    ${JSON.stringify(other).slice(0, 200)}`);
    return { expected: failed ? null : jinja2[i].text, oracles: same ? "both" : "jinja2" };
  });
}

function write(name, vectors) {
  fs.writeFileSync(path.join(data, name), "[\n" + vectors.map((vector) => JSON.stringify(vector)).join(",\n") + "\n]\n");
  console.log(`${name}: ${vectors.length} vectors, ${vectors.filter((vector) => vector.oracles === "both").length} with both oracles`);
}

function oracleMessage(message, style, silent) {
  const { role, content, reasoning, calls } = message;
  return {
    role,
    content: content ?? silent,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls === undefined ? {} : {
      tool_calls: calls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: style === "text" ? call.arguments : JSON.parse(call.arguments) },
      })),
    }),
  };
}

const results = bothOracles(snippets);
write("language.json", snippets.map(([template, variables], i) => ({ template, variables, ...results[i] })));

const vectors = [];
const cases = [];
for (const [name, settings] of Object.entries(templates)) {
  const file = settings.external ? further && path.join(further, name + ".jinja") : path.join(data, "templates", name + ".jinja");
  if (!file) throw new Error(`the text of ${name} is needed: give the folder with further templates`);
  const source = fs.readFileSync(file, "utf8");
  for (const [title, conversation] of Object.entries(conversations)) {
    for (const [generation, variables] of [[true, {}], [false, {}], ...(settings.variables ?? []).map((more) => [true, more])]) {
      if (generation && conversation.messages.at(-1).role === "assistant") continue;
      if (!generation && !["turns", "toolAnswer", "reasoningLast", "spokenCall"].includes(title)) continue;
      vectors.push({ template: name, title, bos: settings.bos, eos: settings.eos, generation, variables, messages: conversation.messages, tools: conversation.tools ?? [] });
      cases.push([source, (silent) => ({
        messages: conversation.messages.map((message) => oracleMessage(message, settings.arguments, silent)),
        tools: conversation.tools ?? null,
        add_generation_prompt: generation,
        bos_token: settings.bos,
        eos_token: settings.eos,
        ...variables,
      })]);
    }
  }
}

// A message that only calls tools has no content; a template that cannot take that gets empty content, as from ChatTemplate.Render.
const withNone = bothOracles(cases.map(([source, variables]) => [source, variables(null)]));
const withEmpty = bothOracles(cases.map(([source, variables]) => [source, variables("")]));
write("conversations.json", vectors.map((vector, i) => ({ ...vector, ...(withNone[i].expected === null ? withEmpty[i] : withNone[i]) })));
