import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/express';
import { traceFields } from '@throughline/logs/pino';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import express from 'express';
import { pinoHttp } from 'pino-http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogLines } from './log-lines.ts';

let recorder: SpanRecorder;
let out: LogLines;
let url: string;
let stop: () => Promise<unknown>;

beforeAll(async () => {
  recorder = await recordSpans();
});
beforeEach(() => start('tracing first'));
afterEach(async () => {
  await stop();
  recorder.assertEmpty();
});
afterAll(() => recorder.stop());

async function start(order: 'tracing first' | 'logger first'): Promise<void> {
  out = new LogLines();
  const httpLogger = pinoHttp({ mixin: traceFields() }, out);
  const app = express();
  app.use(...(order === 'tracing first' ? [tracing(), httpLogger] : [httpLogger, tracing()]));
  app.get('/orders/:id', async (request, response) => {
    request.log.info({ order: request.params.id }, 'looking');
    await delay(Number(request.params.id.slice(-1)) % 5); // so that requests overlap and end out of order
    await withSpan('price', () => request.log.info({ order: request.params.id }, 'pricing'));
    response.json({ id: request.params.id });
  });
  app.get('/hang', (request) => request.log.info('hanging'));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
}

const idsOf = (span: RecordedSpan) => ({
  trace_id: span.traceId,
  span_id: span.spanId,
  trace_flags: '01',
});

describe('traceFields with pino-http in Express', () => {
  it('puts the ids into every line of a request, the one of its completion included', async () => {
    await fetch(`${url}/orders/7`, { headers: { 'x-request-id': 'r-7' } });
    const server = await recorder.take('GET /orders/:id');
    const inner = await recorder.take('price');
    await out.until((line) => line.msg === 'request completed');
    expect(out.lines.map((line) => line.msg)).toEqual(['looking', 'pricing', 'request completed']);
    expect(out.lines[0]).toMatchObject({ ...idsOf(server), request_id: 'r-7' });
    expect(out.lines[1]).toMatchObject({ ...idsOf(inner), request_id: 'r-7' });
    expect(out.lines[2]).toMatchObject({ ...idsOf(server), request_id: 'r-7' });
  });

  it('completes with ids also when the logger is installed before tracing', async () => {
    await stop();
    await start('logger first');
    await fetch(`${url}/orders/7`, { headers: { 'x-request-id': 'r-7' } });
    const server = await recorder.take('GET /orders/:id');
    await recorder.take('price');
    const completed = await out.until((line) => line.msg === 'request completed');
    expect(completed).toMatchObject({ ...idsOf(server), request_id: 'r-7' });
  });

  it('puts the ids into the line about a client that went away', async () => {
    const outgoing = get(`${url}/hang`, { headers: { 'x-request-id': 'r-8' } }).on('error', () => {});
    await out.until((line) => line.msg === 'hanging');
    outgoing.destroy();
    const aborted = await out.until((line) => line.msg === 'request aborted');
    const server = await recorder.take('GET /hang');
    expect(aborted).toMatchObject({ ...idsOf(server), request_id: 'r-8' });
  });

  it('never mixes the ids of 100 concurrent requests', async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `r-${n}`);
    await Promise.all(ids.map((id) => fetch(`${url}/orders/${id}`, { headers: { 'x-request-id': id } })));
    const traces = new Map<unknown, string>();
    for (const id of ids) {
      const server = await recorder.take((span) => span.attributes['url.path'] === `/orders/${id}`);
      traces.set(id, server.traceId);
    }
    for (const _ of ids) await recorder.take('price');
    const count = () => out.lines.filter((line) => line.msg === 'request completed').length;
    await out.until(() => count() === 100);
    const ours = out.lines.filter((line) => line.order !== undefined);
    expect(ours).toHaveLength(200);
    for (const line of ours) {
      expect([line.request_id, line.trace_id]).toEqual([line.order, traces.get(line.order)]);
    }
    expect(new Set(traces.values()).size).toBe(100);
  });
});
