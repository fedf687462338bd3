import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { context } from '@opentelemetry/api';
import { getCorrelation } from '@throughline/core';
import { tracing as expressTracing } from '@throughline/express';
import { requestId, tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import express from 'express';
import fastify, { LogController } from 'fastify';
import pino from 'pino';
import { pinoHttp } from 'pino-http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LogLines } from './log-lines.ts';

const INVALID = 'a=1 level=fatal';

let recorder: SpanRecorder;
let out: LogLines;

beforeEach(async () => {
  recorder = await recordSpans();
  out = new LogLines();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

describe("Fastify's request id with `genReqId: requestId()`", () => {
  const inbound: [what: string, headers: Record<string, string>, id: RegExp][] = [
    ['the one that the request brought', { 'x-request-id': 'r-7' }, /^r-7$/],
    ['the one of the second header', { 'x-request-id': INVALID, 'x-correlation-id': 'c-7' }, /^c-7$/],
    ['a new one where it brought none', {}, /^[\da-f]{32}$/],
    ['a new one where it brought an invalid one', { 'x-request-id': INVALID }, /^[\da-f]{32}$/],
  ];
  it.each(inbound)('is %s, in every line, the response, the span and the context', async (_what, headers, id) => {
    const app = fastify({ loggerInstance: pino({ mixin: traceFields() }, out), genReqId: requestId() });
    await app.register(tracing);
    let seen: string[] = [];
    app.get('/orders/:id', async (request) => {
      request.log.info('looking');
      seen = [request.id, getCorrelation(context.active())?.id ?? 'none'];
      return 'ok';
    });
    const response = await fetch(`${await listen(app)}/orders/1`, { headers });
    const server = await recorder.take('GET /orders/:id');
    await out.until((line) => line.msg === 'request completed');

    const echoed = response.headers.get('x-request-id');
    expect(echoed).toMatch(id);
    expect(seen).toEqual([echoed, echoed]);
    expect(server.attributes['throughline.request_id']).toBe(echoed);
    const ofRequest = out.lines.filter((line) => line.reqId !== undefined);
    expect(ofRequest.map((line) => [line.msg, line.reqId, line.request_id])).toEqual([
      ['incoming request', echoed, undefined],
      ['looking', echoed, echoed],
      ['request completed', echoed, echoed],
    ]);
    expect(out.raw.join()).not.toContain(INVALID);
  });

  it('is the same where no route matched', async () => {
    const app = fastify({ loggerInstance: pino({ mixin: traceFields() }, out), genReqId: requestId() });
    await app.register(tracing);
    const response = await fetch(`${await listen(app)}/nowhere`);
    const id = response.headers.get('x-request-id');
    expect((await recorder.take('GET')).attributes['throughline.request_id']).toBe(id);
    expect((await out.until((line) => line.msg === 'incoming request')).reqId).toBe(id);
  });

  it('is the same where Fastify refuses the path before any hook', async () => {
    const app = fastify({
      genReqId: requestId(),
      frameworkErrors: (_error, request, reply) => void reply.raw.writeHead(400).end(request.id),
    });
    await app.register(tracing);
    const response = await fetch(`${await listen(app)}/%zz`);
    expect((await recorder.take('GET')).attributes['throughline.request_id']).toBe(await response.text());
  });

  it('is in the context of an ignored request', async () => {
    const app = fastify({ genReqId: requestId() });
    await app.register(tracing, { ignore: () => true });
    app.get('/health', async (request) => [request.id, getCorrelation(context.active())?.id]);
    const response = await fetch(`${await listen(app)}/health`);
    const id = response.headers.get('x-request-id');
    expect(await response.json()).toEqual([id, id]);
  });

  it('is found as the options of `requestId` say, whatever the plugin was told', async () => {
    const app = fastify({ genReqId: requestId({ headers: ['x-ticket'], valid: /^T-\d+$/, generate: () => 'T-0' }) });
    await app.register(tracing, { correlation: { headers: ['x-other'] } });
    app.get('/', async (request) => request.id);
    const url = await listen(app);
    for (const [sent, id] of [
      ['T-5', 'T-5'],
      ['r-5', 'T-0'],
    ] as const) {
      const response = await fetch(url, { headers: { 'x-ticket': sent, 'x-other': 'o-1' } });
      expect(await response.text()).toBe(id);
      expect(response.headers.get('x-ticket')).toBe(id);
      expect(response.headers.get('x-other')).toBeNull();
      expect((await recorder.take('GET /')).attributes['throughline.request_id']).toBe(id);
    }
  });

  it('never mixes 100 concurrent requests', async () => {
    const app = fastify({ loggerInstance: pino({ mixin: traceFields() }, out), genReqId: requestId() });
    await app.register(tracing);
    app.get('/orders/:id', async (request) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      request.log.info('looking');
      return request.id;
    });
    const url = await listen(app);
    const ids = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const response = await fetch(`${url}/orders/${n}`);
        expect(response.headers.get('x-request-id')).toBe(await response.clone().text());
        return response.text();
      }),
    );
    expect(new Set(ids).size).toBe(100);
    for (const _ of ids) await recorder.take('GET /orders/:id');
    const looking = out.lines.filter((line) => line.msg === 'looking');
    expect(looking.map((line) => line.reqId === line.request_id)).toEqual(Array(100).fill(true));
  });

  it('has one field in every line, the first one included, and the trace in the line of a hook', async () => {
    class RequestLog extends LogController {
      override incomingRequest(): void {} // the hook below writes it
    }
    const app = fastify({
      loggerInstance: pino({ mixin: traceFields() }, out),
      genReqId: requestId(),
      logController: new RequestLog({ requestIdLogLabel: 'request_id' }),
    });
    await app.register(tracing);
    app.addHook('onRequest', (request, _reply, done) => {
      request.log.info({ req: request }, 'incoming request');
      done();
    });
    app.get('/orders/:id', async () => 'ok');
    await fetch(`${await listen(app)}/orders/1`, { headers: { 'x-request-id': 'r-7' } });
    const server = await recorder.take('GET /orders/:id');
    await out.until((line) => line.msg === 'request completed');
    const ofRequest = out.lines.filter((line) => line.request_id !== undefined);
    expect(ofRequest.map((line) => [line.msg, line.request_id, line.trace_id, line.span_id])).toEqual([
      ['incoming request', 'r-7', server.traceId, server.spanId],
      ['request completed', 'r-7', server.traceId, server.spanId],
    ]);
    for (const raw of out.raw.filter((line) => line.includes('r-7'))) expect(raw.split('"request_id"')).toHaveLength(2);
  });
});

describe('`req.id` of pino-http with `genReqId: requestId()` in Express', () => {
  it.each(['tracing first', 'logger first'])('is the correlation ID, with %s', async (order) => {
    const logger = pinoHttp({ mixin: traceFields(), genReqId: requestId() }, out);
    const app = express();
    app.use(...(order === 'tracing first' ? [expressTracing(), logger] : [logger, expressTracing()]));
    app.get('/', (request, response) => void response.send(request.id));
    const server = app.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const headers of [{ 'x-request-id': 'r-7' }, { 'x-request-id': INVALID }]) {
      const response = await fetch(url, { headers });
      const id = response.headers.get('x-request-id');
      expect(id).toMatch(/^(r-7|[\da-f]{32})$/);
      expect(await response.text()).toBe(id);
      expect((await recorder.take('GET /')).attributes['throughline.request_id']).toBe(id);
      const completed = await out.until((line) => line.request_id === id);
      expect(completed.req).toMatchObject({ id });
    }
  });
});

type App = { listen(address: object): Promise<string>; close(): Promise<unknown> };

async function listen(app: App): Promise<string> {
  onTestFinished(async () => void (await app.close()));
  return app.listen({ port: 0, host: '127.0.0.1' });
}
