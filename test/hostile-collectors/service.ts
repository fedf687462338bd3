// A service that traces everything to a collector, and says what that costs it.
import type { AddressInfo } from 'node:net';
import { tracing as expressTracing } from '@throughline/express';
import { startTracing } from '@throughline/sdk';
import express from 'express';

/** What the service says of itself, after a garbage collection. */
export type Report = {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly stats: { exported: number; failed: number; dropped: number; pending: number };
};

const tracing = startTracing({ serviceName: 'bystander', flushTimeoutMs: Number(process.env.FLUSH_MS ?? 2000) });
const app = express().use(expressTracing());
app.get('/orders/:id', (request, response) => {
  response.json({ id: request.params.id });
});
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

process.on('message', async (asked) => {
  if (asked === 'flush') await tracing.flush();
  if (asked === 'block') await flushBlocked();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const report: Report = {
    heapBytes: heapUsed + external,
    residentBytes: process.memoryUsage.rss(),
    stats: tracing.stats(),
  };
  process.send?.(report);
});

/** Exports, and does nothing else for longer than an answer may take. */
async function flushBlocked(): Promise<void> {
  const flushed = tracing.flush();
  await new Promise((resolve) => setTimeout(resolve, 200));
  // As a request handler does: what comes next are timers, before sockets.
  await new Promise((resolve) => setImmediate(resolve));
  const end = performance.now() + 4000;
  while (performance.now() < end);
  await flushed;
}
