// A process of parts.mjs: `node bench/parts-process.mjs <part>`. IPC: { way } → what a turn of it took.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { context, SpanKind, trace } from '@opentelemetry/api';

/** Calls and lines in a turn. */
export const CALLS = 4000;
export const LINES = 40_000;
const CALLS_AT_ONCE = 16;
const EXPORT_SECONDS = 4;
const REQUESTS_A_SECOND = 2500;

/** What becomes of spans that are recorded: nothing; they are written into requests; these are sent. */
export const EXPORTS = ['recorded', 'written', 'exported'];
const WAYS = ['control', 'bare', 'traced'];
const one = { sampling: { ratio: 0.01 } };

export const PARTS = {
  'call-100': { part: 'call', title: 'fetch, recorded and exported', ways: WAYS, rounds: 25, make: () => calls({}) },
  'call-1': { part: 'call', title: 'fetch, not recorded', ways: WAYS, rounds: 25, make: () => calls(one) },
  log: { part: 'log', title: 'a line of pino', ways: WAYS, rounds: 41, make: () => pinoLines() },
  'export-none': { part: 'export', title: 'as it is', ways: EXPORTS, rounds: 7, make: () => exports('none') },
  'export-gzip': { part: 'export', title: 'with gzip', ways: EXPORTS, rounds: 7, make: () => exports('gzip') },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const turn = await PARTS[process.argv[2]].make();
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ way }) => process.send(await turn(way)));
  process.send({ ready: true });
}

async function calls(options) {
  const { tracedFetch } = await import('@throughline/clients/fetch');
  const { startTracing } = await import('@throughline/sdk');
  const tracing = startTracing({ serviceName: 'bench', endpoint: process.env.SINK, ...options });
  const ways = { control: fetch, bare: fetch, traced: tracedFetch() };
  const url = process.env.PEER;
  return (way) =>
    timed(CALLS, async () => {
      const call = ways[way];
      const inTurn = async () => {
        for (let count = 0; count < CALLS / CALLS_AT_ONCE; count += 1)
          await withinRequest(async () => (await call(url)).text());
      };
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, inTurn));
      await tracing.flush();
    });
}

async function pinoLines() {
  const [{ pino }, { traceFields }] = await Promise.all([import('pino'), import('@throughline/logs/pino')]);
  const nowhere = { write() {} };
  const bare = pino({}, nowhere);
  const loggers = { control: bare, bare, traced: pino({ mixin: traceFields() }, nowhere) };
  const { startTracing } = await import('@throughline/sdk');
  startTracing({ serviceName: 'bench', endpoint: process.env.SINK });
  return (way) =>
    timed(LINES, async () => {
      const logger = loggers[way];
      // A line in each of as many requests would be of the requests.
      for (let request = 0; request < LINES / 100; request += 1) {
        withinRequest(() => {
          for (let line = 0; line < 100; line += 1) logger.info('hello');
        });
        if (request % 20 === 0) await delay(0);
      }
    });
}

/** Runs something as a handler does, within the span of a request. */
function withinRequest(work) {
  const span = trace.getTracer('bench').startSpan('GET /', { kind: SpanKind.SERVER });
  const result = context.with(trace.setSpan(context.active(), span), work);
  span.end();
  return result;
}

async function timed(count, work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { microseconds: (user + system) / count };
}

async function exports(compression) {
  const { recorderWithExport } = await import('./recorder-with-export.mjs');
  const { serveOrder } = await import('./shop-request.mjs');
  process.env.OTEL_EXPORTER_OTLP_COMPRESSION = compression;
  const recorders = Object.fromEntries(EXPORTS.map((way) => [way, recorderWithExport(way, process.env.SINK)]));
  const lateness = monitorEventLoopDelay({ resolution: 1 });
  return async (way) => {
    const { tracer, flush } = recorders[way];
    const cpuBefore = process.cpuUsage();
    const loopBefore = performance.eventLoopUtilization();
    const began = performance.now();
    lateness.reset();
    lateness.enable();
    let served = 0;
    for (let seconds = 0; seconds < EXPORT_SECONDS; seconds = (performance.now() - began) / 1000) {
      for (const due = seconds * REQUESTS_A_SECOND; served < due; served += 1) serveOrder(tracer, served);
      await delay(5);
    }
    await flush();
    lateness.disable();
    const { user, system } = process.cpuUsage(cpuBefore);
    const took = performance.now() - began;
    return {
      loop: performance.eventLoopUtilization(loopBefore).utilization,
      late99: lateness.percentile(99) / 1e6 - 1, // the histogram has the timer's own millisecond in it
      cpu: (user + system) / 1000 / took,
      spans: (served * 4 * 1000) / took,
    };
  };
}
