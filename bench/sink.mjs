// The collector of the benchmark, a process of its own: takes what every variant exports, decodes it, and counts. It does so when
// somebody asks: until then it puts away what comes, so as not to take the load generator's processor during a turn.
// IPC: { open: format } → { port }; { count: port } → what came so far; { watch: port } → from now on keep the spans;
// { spans: port } → these.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';
import { datadogSpans } from './received/datadog.mjs';
import { elasticSpans } from './received/elastic.mjs';
import { otlpSpans } from './received/otlp.mjs';
import { sentrySpans } from './received/sentry.mjs';

const FORMATS = { otlp: otlpSpans, datadog: datadogSpans, elastic: elasticSpans, sentry: sentrySpans };
const WATCHED = 20_000; // spans, at most
const MOST_PUT_AWAY = 256 * 2 ** 20; // bytes
const receivers = new Map();
let putAway = [];
let bytesPutAway = 0;

process.once('disconnect', () => process.exit());
process.on('message', async (message) => process.send(await answer(message)));
process.send({ ready: true });

async function answer(message) {
  if ('open' in message) return { port: await open(message.open) };
  decodeAll();
  const receiver = receivers.get(message.count ?? message.watch ?? message.spans);
  if ('watch' in message) receiver.watched = [];
  if ('spans' in message) return { spans: receiver.watched };
  return { ...receiver.seen };
}

async function open(format) {
  const receiver = { seen: { bytes: 0, spans: 0, entries: 0, refused: 0 }, watched: undefined };
  const server = createServer((request, response) => void receive(receiver, FORMATS[format], request, response));
  server.keepAliveTimeout = 600_000; // an exporter that finds its connection closed would tell of it as a failure
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receivers.set(server.address().port, receiver);
  return server.address().port;
}

async function receive(receiver, decode, request, response) {
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { 'content-type': type = 'application/json', 'content-encoding': encoding } = request.headers;
    response.writeHead(200, { 'content-type': type });
    response.end(type.includes('protobuf') ? '' : '{}');
    const body = Buffer.concat(chunks);
    putAway.push({ receiver, decode, url: request.url, body, encoding });
    bytesPutAway += body.length;
    if (bytesPutAway > MOST_PUT_AWAY) decodeAll();
  } catch (error) {
    if (error.code !== 'ECONNRESET') refuse(receiver, request.url, error); // otherwise a server that was ended
  }
}

function decodeAll() {
  const requests = putAway;
  putAway = [];
  bytesPutAway = 0;
  for (const { receiver, decode, url, body, encoding } of requests) {
    try {
      const spans = decode(url, unpacked(body, encoding));
      if (spans !== undefined) count(receiver, body, spans); // otherwise settings, metrics, the agent's own questions
    } catch (error) {
      refuse(receiver, url, error);
    }
  }
}

function count(receiver, body, spans) {
  receiver.seen.bytes += body.length;
  for (const span of spans) {
    receiver.seen.spans += 1;
    if (span.entry) receiver.seen.entries += 1;
    if (receiver.watched !== undefined && receiver.watched.length < WATCHED) receiver.watched.push(span);
  }
}

function refuse(receiver, url, error) {
  receiver.seen.refused += 1;
  console.error(`sink: ${url}:`, error);
}

function unpacked(body, encoding) {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'deflate' ? inflateSync(body) : body;
}
