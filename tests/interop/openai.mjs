// usage: node openai.mjs IN.json OUT.json
// OpenAI's own client, unchanged, against an endpoint that claims to be compatible. IN: { baseUrl, key, model }.
import { readFileSync, writeFileSync } from 'node:fs';
import OpenAI from 'openai';

const { baseUrl, key, model } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const messages = [{ role: 'user', content: 'Greet me, 7f9a-marker.' }];
const client = new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (e) {
    return { status: e.status ?? null, type: e.type ?? null, param: e.param ?? null, code: e.code ?? null, message: e.message };
  }
};

const models = [];
for await (const each of client.models.list()) models.push(each.id);
const one = await client.models.retrieve(model);
const whole = await client.chat.completions.create({ model, messages, max_completion_tokens: 50, temperature: 0 });
const chunks = [];
const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) chunks.push(chunk);
const helped = await client.chat.completions.stream({ model, messages }).finalChatCompletion();

writeFileSync(process.argv[3], JSON.stringify({
  models,
  one: one.id,
  whole: { id: whole.id, object: whole.object, created: whole.created, content: whole.choices[0].message.content, finish: whole.choices[0].finish_reason, total: whole.usage.total_tokens },
  streamed: chunks.map((c) => c.choices[0]?.delta?.content ?? '').join(''),
  finishes: chunks.map((c) => c.choices[0]?.finish_reason).filter((f) => f),
  usage: chunks.at(-1).usage?.completion_tokens ?? null,
  helped: helped.choices[0].message.content,
  badKey: await refusal(() => new OpenAI({ baseURL: baseUrl, apiKey: 'wrong', maxRetries: 0 }).models.list()),
  noModel: await refusal(() => client.chat.completions.create({ model: 'nobody/has-it', messages })),
  noMessages: await refusal(() => client.chat.completions.create({ model, messages: [] })),
  many: await refusal(() => client.chat.completions.create({ model, messages, n: 2 })),
  noRoute: await refusal(() => client.embeddings.create({ model, input: 'x' })),
}));
