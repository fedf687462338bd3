// One instance of a service: does what the plan in the body of a request says, and tells its parent process which spans
// there must be, by what it sees itself: its own active span, and the caller's in the header `traceparent`.
import { subscribe } from 'node:diagnostics_channel';
import { createHistogram } from 'node:perf_hooks';
import { trace } from '@opentelemetry/api';
import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { tracing as expressTracing } from '@throughline/express';
import { tracing as fastifyTracing } from '@throughline/fastify';
import { startTracing } from '@throughline/sdk';
import axios from 'axios';
import express from 'express';
import fastify from 'fastify';

/** @typedef {import('./plan.mjs').Node} Node */
/** @typedef {{ name: string, framework: 'express' | 'fastify', client: 'fetch' | 'axios', endpoint: string, sampling: import('@throughline/sdk').SamplingOptions }} Settings */

const LOOK_MS = 20;
const settings = /** @type {Settings} */ (JSON.parse(process.argv[2] ?? ''));
/** Connections by socket, with the port of the other side, which a closed one has forgotten. @type {Map<import('node:net').Socket, number | undefined>} */
const sockets = new Map();
subscribe('net.client.socket', (message) => {
  const { socket } = /** @type {{ socket: import('node:net').Socket }} */ (message);
  socket.once('connect', () => sockets.set(socket, socket.remotePort));
});

// Not for everybody: users leave the transport away, and this one with it.
const INSIDE = '../../packages/sampling/dist/peers/http-keep-transport.js';
/** @type {{ httpKeepTransport(options: object): import('@throughline/sampling').KeepTransport }} */
const { httpKeepTransport } = await import(new URL(INSIDE, import.meta.url).href);
const lateness = timerLateness();
/** Bytes by trace, of the headers that are there because of peers. @type {Map<string, number>} */
const headerBytes = new Map();
/** The messages for peers that have left: how long each was, and which traces it named. @type {{ length: number, traceIds: string[] }[]} */
const messages = [];
const tracing = startTracing({ serviceName: settings.name, endpoint: settings.endpoint, sampling: watched() });
const tracedCall = tracedFetch();
const client = traceAxios(axios.create({ validateStatus: () => true }));
/** The addresses of all instances of each service. @type {string[][]} */
let fleet = [];
let turn = 0;
let responses = 0;
let responseBytes = 0;
/** Calls of flaky nodes that have failed once. */
const failedOnce = new Set();

const port = await (settings.framework === 'express' ? startExpress() : startFastify());
process.on('message', (message) => {
  const { fleet: known, ask } = /** @type {{ fleet?: string[][], ask?: 'result' | 'end' }} */ (message);
  if (known !== undefined) fleet = known;
  if (ask === 'result') process.send?.({ result: result() });
  if (ask === 'end') void tracing.shutdown().finally(() => process.exit(0));
});
process.send?.({ port });

async function startExpress() {
  const app = express();
  app.use(expressTracing(), express.json({ limit: '1mb' }));
  app.post('/work', async (request, response) => {
    countSignals(request, response);
    await handle(request.body, request.headers.traceparent, response);
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

async function startFastify() {
  const app = fastify();
  await app.register(fastifyTracing);
  app.post('/work', async (request, reply) => {
    reply.hijack();
    countSignals(request.raw, reply.raw);
    await handle(/** @type {Work} */ (request.body), request.headers.traceparent, reply.raw);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return /** @type {import('node:net').AddressInfo} */ (app.server.address()).port;
}

/** @typedef {{ node: Node, key: string }} Work */

/** @param {Work} work @param {string | string[] | undefined} traceparent @param {import('node:http').ServerResponse} response */
async function handle({ node, key }, traceparent, response) {
  const began = performance.now();
  const span = trace.getActiveSpan()?.spanContext();
  const caller = typeof traceparent === 'string' ? [traceparent.slice(36, 52)] : [];
  const spans = [...caller, span?.spanId];
  response.once('close', () => {
    process.send?.({
      handled: {
        key,
        traceId: span?.traceId,
        spans,
        root: caller.length === 0,
        tookMs: performance.now() - began,
        endMs: Date.now(),
      },
    });
  });
  if (node.outcome === 'stream-error') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('so far so good\n');
  }
  const passed = await withSpan('work', async () => {
    spans.push(trace.getActiveSpan()?.spanContext().spanId);
    await pause(node.workMs);
    return makeCalls(node.calls, key);
  });
  if (node.outcome === 'stream-error') {
    response.destroy();
    return;
  }
  const flaky = node.outcome === 'flaky' && !failedOnce.has(key) && failedOnce.add(key) !== undefined;
  response.statusCode = node.outcome === 'error' || flaky ? 500 : passed ? 200 : 502;
  response.end('done');
}

/** Whether none failed whose failure matters. @param {import('./plan.mjs').Call[]} calls @param {string} key @returns {Promise<boolean>} */
async function makeCalls(calls, key) {
  let passed = true;
  /** @type {Promise<boolean>[]} */
  let batch = [];
  for (const [index, call] of calls.entries()) {
    const made = makeCall(call, `${key}.${index}`);
    if (call.manner === 'detached') continue;
    batch.push(made);
    if (call.parallel) continue;
    passed = (await Promise.all(batch)).every(Boolean) && passed;
    batch = [];
  }
  return (await Promise.all(batch)).every(Boolean) && passed;
}

/** @param {import('./plan.mjs').Call} call @param {string} key */
async function makeCall({ manner, callee }, key) {
  const once = () => post({ node: callee, key }, manner === 'timeout' ? 200 : 30_000);
  let ok = await once();
  if (!ok && manner === 'retry') ok = await once();
  return ok || manner === 'swallow' || manner === 'timeout' || manner === 'detached';
}

/** @param {Work} work @param {number} timeoutMs */
async function post(work, timeoutMs) {
  const instances = fleet[work.node.service] ?? [];
  const url = `${instances[turn++ % instances.length]}/work`;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    if (settings.client === 'axios') return (await client.post(url, work, { signal })).status < 400;
    const headers = { 'content-type': 'application/json' };
    const response = await tracedCall(url, { method: 'POST', headers, body: JSON.stringify(work), signal });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/** Counts what a request and its response have because of peers. @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function countSignals(request, response) {
  const traceId = trace.getActiveSpan()?.spanContext().traceId ?? '';
  const count = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    if (value === undefined) return;
    headerBytes.set(traceId, (headerBytes.get(traceId) ?? 0) + `${name}: ${value}\r\n`.length);
  };
  count('throughline-peer', request.headers['throughline-peer']);
  response.once('finish', () => {
    responses += 1;
    for (const name of ['server-timing', 'throughline-peer']) {
      const value = response.getHeader(name);
      if (value !== undefined) responseBytes += `${name}: ${value}\r\n`.length;
      count(name, value);
    }
  });
}

/** The sampling that was asked for, with a look at the messages for peers. */
function watched() {
  const { peers, ...others } = settings.sampling;
  if (peers === undefined || peers.push === false) return settings.sampling;
  const transport = httpKeepTransport({});
  /** @type {import('@throughline/sampling').KeepTransport} */
  const counting = {
    ...transport,
    send(address, message) {
      const ids = message.slice(message.indexOf('\n') + 1).match(/.{22}/g) ?? [];
      const traceIds = ids.map((id) => Buffer.from(id, 'base64url').toString('hex'));
      messages.push({ length: message.length, traceIds });
      return transport.send(address, message);
    },
  };
  return { ...others, peers: { ...peers, transport: counting } };
}

/**
 * What this instance has sent because of peers, by trace, in bytes. What its connections to peers have carried both ways
 * beyond the messages, which is HTTP's, is shared among the messages, and each message among the traces it names.
 */
function result() {
  const known = new Set([...fleet.flat(), settings.endpoint].map((url) => new URL(url).port));
  let pushBytes = 0;
  for (const [socket, port] of sockets)
    if (!known.has(String(port))) pushBytes += socket.bytesWritten + socket.bytesRead;
  const around = (pushBytes - messages.reduce((sum, { length }) => sum + length, 0)) / messages.length;
  const wireBytes = new Map(headerBytes);
  let told = 0;
  for (const { length, traceIds } of messages) {
    told += traceIds.length;
    for (const id of traceIds) wireBytes.set(id, (wireBytes.get(id) ?? 0) + (length + around) / traceIds.length);
  }
  return {
    wireBytes: [...wireBytes],
    responses,
    responseBytes,
    pushBytes,
    messages: messages.length,
    told,
    lateMs: lateness.percentile(99) / 1e6,
    stats: tracing.stats(),
  };
}

/** How late timers are here, in nanoseconds: what the machine and the work of this process add to any wait. */
function timerLateness() {
  const lateness = createHistogram();
  let due = performance.now() + LOOK_MS;
  setInterval(() => {
    const now = performance.now();
    lateness.record(Math.max(1, Math.round((now - due) * 1e6)));
    due = now + LOOK_MS;
  }, LOOK_MS).unref();
  return lateness;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return milliseconds === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, milliseconds));
}
