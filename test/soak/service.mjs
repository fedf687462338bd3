// One server of the soak, with every part of ours that needs no other server; says on request what it holds on to.
import 'reflect-metadata';
import { createWriteStream } from 'node:fs';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import v8 from 'node:v8';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracedHttp } from '@throughline/clients/http';
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { metricsHandler, startMetrics } from '@throughline/metrics';
import { compositePropagator, propagatorNames } from '@throughline/propagators';
import { startTracing } from '@throughline/sdk';
import axios from 'axios';
import pino from 'pino';
import promClient from 'prom-client';
import { frameworks } from './frameworks.mjs';
import { PLANTED } from './planted.mjs';

/** @typedef {{ framework: keyof typeof frameworks, endpoint: string, plant: string, listenOn: number }} Settings */
/** @typedef {{ heapBytes: number, rssBytes: number, contexts: number, spans: number, open: number, requests: number, handles: Record<string, number>, stats: import('@throughline/sdk').SpanCounts }} Report */

const settings = /** @type {Settings} */ (JSON.parse(process.argv[2] ?? ''));
const tracing = startTracing({
  serviceName: settings.framework,
  endpoint: settings.endpoint,
  propagator: compositePropagator({ extract: [...propagatorNames], inject: ['tracecontext', 'baggage', 'b3'] }),
  sampling: {
    ratio: 0.05,
    keep: { errors: true, slowerThan: 150, hold: 2000 },
    peers: { secret: 'the soak knows itself' },
  },
});
// Counted where they begin and end: one that nobody holds on to would be collected without having ended.
let open = 0;
const probe = trace.getTracer('soak').startSpan('probe');
countOpen(Object.getPrototypeOf(probe));
startMetrics({ promClient });
const logger = pino({ mixin: traceFields() }, createWriteStream('/dev/null'));
let neighbour = '';

/** How to ask the neighbour, by each of the clients. @type {((url: string) => Promise<unknown>)[]} */
const clients = [
  async (url) => (await fetchTraced(url)).json(),
  async (url) => (await axiosTraced.get(url)).data,
  (url) =>
    new Promise((resolve, reject) => {
      const request = httpTraced.get(url, (response) =>
        response.resume().once('close', () => resolve(response.complete)),
      );
      request.once('error', reject);
    }),
];
const fetchTraced = tracedFetch();
const axiosTraced = traceAxios(axios.create({ timeout: 2000, httpAgent: new http.Agent({ keepAlive: true }) }));
const httpTraced = tracedHttp();
let turn = 0;

/** What every framework serves. */
const application = {
  listenOn: settings.listenOn,
  /** @param {string} id */
  async item(id) {
    logger.info({ id }, 'asked for an item');
    PLANTED[settings.plant]?.(port);
    const answered = await withSpan('look up', async () => {
      if (neighbour === '') return false;
      const ask = clients[turn++ % clients.length];
      // It is being replaced now and then.
      return ask?.(`${neighbour}/echo/${id}`).then(
        () => true,
        () => false,
      );
    });
    return { id, answered };
  },
  /** @returns {Promise<never>} */
  async fail() {
    await delay(1);
    logger.error('about to fail');
    throw new RangeError('on purpose');
  },
  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async raw(request, response) {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/metrics') return metrics(request, response);
    if (pathname === '/slow') await delay(200);
    if (pathname === '/upload') for await (const _chunk of request);
    if (pathname === '/slow' || pathname === '/upload') return void response.end('done');
    const type = pathname === '/events' ? 'text/event-stream' : 'text/plain';
    response.writeHead(200, { 'content-type': type });
    for (let n = 0; n < 5 && !response.destroyed; n += 1) {
      response.write(`data: ${n}\n\n`);
      await withSpan('a piece', () => delay(5));
      if (pathname === '/broken' && n === 2) return void response.destroy();
    }
    response.end();
  },
  /** @param {http.IncomingMessage} _request @param {import('node:stream').Duplex} socket */
  upgrade(_request, socket) {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('data', (data) => socket.end(data));
  },
};
const metrics = metricsHandler(promClient.register);

let ending = false;
process.on('disconnect', () => ending || process.exit(1));
process.on('message', async (/** @type {{ neighbour?: string, ask?: 'report' | 'end' }} */ message) => {
  if (message.neighbour !== undefined) neighbour = message.neighbour;
  if (message.ask === 'report') process.send?.({ report: await report() });
  if (message.ask !== 'end') return;
  ending = true;
  await stop();
  await tracing.shutdown();
  process.send?.({ stats: tracing.stats() }, undefined, undefined, () => process.disconnect());
});
const { port, stop } = await frameworks[settings.framework](application);
process.send?.({ port });

/** @param {{ end(...args: unknown[]): void, isRecording(): boolean }} prototype of spans */
function countOpen(prototype) {
  const { end } = prototype;
  prototype.end = function counted(...args) {
    if (this.isRecording()) open -= 1;
    return Reflect.apply(end, this, args);
  };
  /** @type {{ startSpan(...args: unknown[]): import('@opentelemetry/api').Span }} */
  const tracers = Object.getPrototypeOf(tracing.tracerProvider.getTracer('soak'));
  const { startSpan } = tracers;
  tracers.startSpan = function counted(...args) {
    const span = Reflect.apply(startSpan, this, args);
    if (span.isRecording()) open += 1;
    return span;
  };
}

/** What is alive after a garbage collection. @returns {Promise<Report>} */
async function report() {
  await tracing.flush();
  // What a finalizer lets go of is freed by the next one.
  for (let n = 0; n < 2; n += 1) {
    globalThis.gc?.();
    await delay(10);
  }
  /** @param {object} instance */
  const alive = (instance) => v8.queryObjects(/** @type {Function} */ (instance.constructor), { format: 'count' });
  const spans = alive(probe) - 1;
  const { heapUsed, rss } = process.memoryUsage();
  /** @type {Record<string, number>} */
  const handles = {};
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1;
  return {
    heapBytes: heapUsed,
    rssBytes: rss,
    contexts: alive(ROOT_CONTEXT),
    spans,
    open,
    requests: v8.queryObjects(http.IncomingMessage, { format: 'count' }),
    handles,
    stats: tracing.stats(),
  };
}
