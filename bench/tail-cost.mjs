// What all of tracing costs in processor time where a tail hold keeps 1 % of ordinary traces and all of the 2 % with an error
// or slow, against exporting everything: `npx pnpm build && node bench/tail-cost.mjs`. Every variant is a process of its own
// that runs requests of four spans and exports them, gzip and garbage collection included; they take turns, and what is
// compared is the cost over the process without tracing in the same round. That one stands there twice: the control.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { trace } from '@opentelemetry/api';
import { startTracing } from '@throughline/sdk';
import { serveOrder } from './shop-request.mjs';

const REQUESTS = 6000;
const ROUNDS = 21;
const BURST = 100;
const MAX_PENDING = 500;

const keep = { slowerThan: '1s' };
const nothing = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
/** With a processor of the application's own, spans are the OpenTelemetry SDK's, and so is how they are written. */
const spanProcessors = [nothing];
/** @type {Record<string, import('@throughline/sdk').StartTracingOptions | undefined>} */
const VARIANTS = {
  'no tracing': undefined,
  control: undefined,
  'export everything': { sampling: { ratio: 1 } },
  'head 1 %': { sampling: { ratio: 0.01 } },
  'tail: 1 % and all interesting': { sampling: { ratio: 0.01, keep } },
  "the SDK's spans: export everything": { sampling: { ratio: 1 }, spanProcessors },
  "the SDK's spans: tail": { sampling: { ratio: 0.01, keep }, spanProcessors },
};

const variant = process.argv[2];
if (variant === undefined) await compare();
else serveTurns(VARIANTS[variant], process.argv[3] ?? '');

async function compare() {
  let bytes = 0;
  const sink = createServer((request, response) => {
    request.on('data', (chunk) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (sink.address());
  const processes = Object.keys(VARIANTS).map((name) => ({
    name,
    child: fork(fileURLToPath(import.meta.url), [name, `http://127.0.0.1:${port}`]),
    times: /** @type {number[]} */ ([]),
    bytes: 0,
    exported: 0,
  }));
  for (let round = -4; round < ROUNDS; round += 1) {
    for (const each of processes) {
      const before = bytes;
      each.child.send({});
      const [turn] = await once(each.child, 'message');
      if (turn.lost > 0) throw new Error(`${each.name} lost ${turn.lost} spans`);
      if (round < 0) continue;
      each.times.push(turn.microseconds / REQUESTS);
      each.bytes += bytes - before;
      each.exported += turn.exported;
    }
  }
  for (const { child } of processes) child.disconnect();
  sink.close();
  sink.closeAllConnections();

  const over = processes.map(({ times }) => times.map((time, round) => time - (processes[0]?.times[round] ?? 0)));
  const all = over[2] ?? [];
  console.log(
    `Node ${process.version}, ${ROUNDS} rounds of ${REQUESTS} requests of 4 spans, µs of processor time a request\n`,
  );
  console.log('| Variant | over none, median | quartiles | to everything | quartiles | spans out | bytes a request |');
  console.log('|---|---|---|---|---|---|---|');
  for (const [index, { name, bytes, exported }] of processes.entries()) {
    const ratios = (over[index] ?? []).map((time, round) => time / (all[round] ?? Number.NaN));
    const spread = (/** @type {number[]} */ values, /** @type {number} */ digits) =>
      `${quantile(values, 0.5).toFixed(digits)} | ${quantile(values, 0.25).toFixed(digits)}–${quantile(values, 0.75).toFixed(digits)}`;
    const share = (100 * exported) / (4 * REQUESTS * ROUNDS);
    console.log(
      `| ${name} | ${spread(over[index] ?? [], 1)} | ${spread(ratios, 2)} | ${share.toFixed(1)} % | ${(bytes / REQUESTS / ROUNDS).toFixed(0)} |`,
    );
  }
}

/** @param {import('@throughline/sdk').StartTracingOptions | undefined} options @param {string} endpoint */
function serveTurns(options, endpoint) {
  const tracing = options === undefined ? undefined : startTracing({ serviceName: 'bench', endpoint, ...options });
  const tracer = trace.getTracer('bench');
  process.on('message', async () => {
    const before = tracing?.stats();
    const cpu = process.cpuUsage();
    for (let index = 0; index < REQUESTS; index += 1) {
      // Of a hundred requests one fails, and one takes 1.2 s.
      const place = index % 100;
      serveOrder(tracer, index, { failed: place === 0, tookMs: place === 50 ? 1200 : 0 });
      if (index % BURST === 0) while ((await idle(tracing)) > MAX_PENDING);
    }
    await tracing?.flush();
    const { user, system } = process.cpuUsage(cpu);
    const after = tracing?.stats();
    const lost = after === undefined ? 0 : after.dropped + after.failed;
    process.send?.({ microseconds: user + system, exported: (after?.exported ?? 0) - (before?.exported ?? 0), lost });
  });
  process.on('disconnect', () => process.exit());
}

/** Lets the export go on; how many spans wait for it. @param {import('@throughline/sdk').Tracing | undefined} tracing @returns {Promise<number>} */
function idle(tracing) {
  return new Promise((resolve) => setTimeout(() => resolve(tracing?.stats().pending ?? 0), 1));
}

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
