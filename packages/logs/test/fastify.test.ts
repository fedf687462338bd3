import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import fastify from 'fastify';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LogLines } from './log-lines.ts';

let recorder: SpanRecorder;

beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

describe("traceFields in Fastify's own logger", () => {
  it('puts the ids into the lines of handlers, of errors and of completion', async () => {
    const out = new LogLines();
    const app = fastify({ loggerInstance: pino({ mixin: traceFields() }, out) });
    await app.register(tracing);
    app.get('/fail', async (request) => {
      await withSpan('try', () => request.log.info('trying'));
      throw new Error('no luck');
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await fetch(`${url}/fail`, { headers: { 'x-request-id': 'r-9' } });
    await out.until((line) => line.msg === 'request completed');
    await app.close();

    const inner = await recorder.take('try');
    const server = await recorder.take('GET /fail');
    const ofRequest = out.lines.filter((line) => line.reqId !== undefined && line.msg !== 'incoming request');
    expect(ofRequest.map((line) => [line.msg, line.span_id])).toEqual([
      ['trying', inner.spanId],
      ['no luck', server.spanId],
      ['request completed', server.spanId],
    ]);
    for (const line of ofRequest) expect(line).toMatchObject({ trace_id: server.traceId, request_id: 'r-9' });
  });
});
