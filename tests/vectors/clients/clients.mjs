// Talks to a running server through clients that others wrote: node clients.mjs openai|deepseek http://127.0.0.1:8080
// The server has the scripted model of the tests, which thinks "two and two" and answers "It is four.", and the endless model "random".
import assert from 'node:assert/strict';

const [client, base] = process.argv.slice(2);
const question = [{ role: 'user', content: '2 + 2?' }];
const answer = 'It is four.', thought = 'two and two';

async function openai() {
  const { default: OpenAI } = await import('openai');
  const ai = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-none', maxRetries: 0 });

  const chat = await ai.chat.completions.create({ model: 'deepseek-reasoner', messages: question });
  assert.equal(chat.choices[0].message.content, answer);
  assert.equal(chat.choices[0].message.reasoning_content, thought);
  assert.equal(chat.usage.total_tokens, chat.usage.prompt_tokens + chat.usage.completion_tokens);

  let text = '', reasoning = '', usage;
  for await (const chunk of await ai.chat.completions.create({ model: 'deepseek-reasoner', messages: question, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? '';
    reasoning += chunk.choices[0]?.delta.reasoning_content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual([text, reasoning], [answer, thought]);
  assert.equal(usage.completion_tokens, chat.usage.completion_tokens);

  const turns = [...question, chat.choices[0].message, { role: 'user', content: 'And again?' }];
  assert.equal((await ai.chat.completions.create({ model: 'default', messages: turns })).choices[0].message.content, 'Four again.');

  const endless = await ai.chat.completions.create({ model: 'random', messages: question, stream: true });
  let pieces = 0;
  for await (const _ of endless) if (++pieces === 5) break; // closes the connection
  await assert.rejects(ai.chat.completions.create({ model: 'gpt-4', messages: question }), error => error.status === 404 && error.code === 'model_not_found');
  await assert.rejects(ai.chat.completions.create({ model: 'default', messages: question, temperature: 9 }), error => error.status === 400 && error.param === 'temperature');

  assert.ok((await ai.models.list()).data.some(model => model.id === 'deepseek-chat'));
  assert.equal((await ai.completions.create({ model: 'random', prompt: 'abc', max_tokens: 3 })).choices[0].text.length, 3);
  const response = await ai.responses.create({ model: 'default', input: '2 + 2?' });
  assert.equal(response.output_text, answer);
  const types = [];
  for await (const event of await ai.responses.create({ model: 'default', input: '2 + 2?', stream: true })) types.push(event.type);
  assert.equal(types.at(-1), 'response.completed');
}

async function deepseek() {
  const { createDeepSeek } = await import('@ai-sdk/deepseek');
  const { generateText, streamText } = await import('ai');
  const provider = createDeepSeek({ baseURL: base, apiKey: 'sk-none' });
  const model = provider('deepseek-reasoner');

  const chat = await generateText({ model, prompt: '2 + 2?', maxRetries: 0 });
  assert.equal(chat.text, answer);
  assert.equal(chat.reasoningText, thought);
  assert.ok(chat.usage.totalTokens > 0);

  const stream = streamText({ model, prompt: '2 + 2?' });
  let text = '';
  for await (const piece of stream.textStream) text += piece;
  assert.equal(text, answer);
  assert.equal(await stream.reasoningText, thought);

  const turns = [...question, { role: 'assistant', content: [{ type: 'reasoning', text: thought }, { type: 'text', text: answer }] }, { role: 'user', content: 'And again?' }];
  assert.equal((await generateText({ model: provider('default'), messages: turns, maxRetries: 0 })).text, 'Four again.');

  const abort = new AbortController();
  const endless = streamText({ model: provider('random'), prompt: 'x', abortSignal: abort.signal, onError() {} });
  let pieces = 0;
  for await (const _ of endless.textStream) if (++pieces === 5) abort.abort();
  assert.ok(pieces >= 5);
  await assert.rejects(generateText({ model: provider('gpt-4'), prompt: 'x', maxRetries: 0 }), error => error.statusCode === 404);
}

await { openai, deepseek }[client]();
console.log(`${client} is served`);
