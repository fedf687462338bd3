import { gzipSync } from 'node:zlib';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { encodeOtlpJson, encodeOtlpProtobuf, encodeZipkinJson } from '@throughline/analysis';
import { startTracing } from '@throughline/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SearchAnswer, SpanDetails, Status } from '../src/api/messages.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { StoreFullError } from '../src/store/trace-store.ts';
import { span } from './spans.ts';
import { exchange, viewerFor } from './viewer-under-test.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('the receiver', () => {
  it.each([
    ['protobuf', ProtobufExporter],
    ['JSON', JsonExporter],
  ])('keeps what the stock OTLP exporter sends as %s', async (_, Exporter) => {
    const viewer = await viewerFor();
    const exporter = new Exporter({ url: `${viewer.url}/v1/traces` });
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('test', '1.2.3');
    const sent = tracer.startSpan('GET /orders/:id', { kind: 1, attributes: { 'http.response.status_code': 503 } });
    sent.addEvent('retry', { attempt: 2 });
    sent.setStatus({ code: 2, message: 'no stock' });
    sent.end();
    await provider.shutdown();

    const { traces } = await viewer.ask<SearchAnswer>('traces?query={span.http.response.status_code>=500}');
    expect(traces).toMatchObject([{ traceId: sent.spanContext().traceId, rootName: 'GET /orders/:id', errorCount: 1 }]);
    const { traceId, spanId } = sent.spanContext();
    const details = await viewer.ask<SpanDetails>(`traces/${traceId}/spans/${spanId}`);
    expect(details.attributes).toContainEqual(['http.response.status_code', 503]);
    expect(details).toMatchObject({ statusMessage: 'no stock', scope: { name: 'test', version: '1.2.3' } });
    expect(details.events).toMatchObject([{ name: 'retry', attributes: [['attempt', 2]] }]);
  });

  it("keeps what Throughline's own exporter sends", async () => {
    const viewer = await viewerFor();
    const tracing = startTracing({
      serviceName: 'own',
      exporter: 'otlp',
      endpoint: viewer.url,
      flushTimeoutMs: 60_000,
    });
    onTestFinished(() => tracing.shutdown());
    const sent = trace.getTracer('test').startSpan('checkout', { attributes: { 'cart.items': 3 } });
    sent.end();
    await tracing.flush();
    const { traces } = await viewer.ask<SearchAnswer>('traces?query=cart.items=3');
    expect(traces).toMatchObject([{ traceId: sent.spanContext().traceId, rootService: 'own', rootName: 'checkout' }]);
  });

  it.each([
    ['traces as protobuf', '/v1/traces', PROTOBUF, ''],
    ['traces as JSON', '/v1/traces', JSON_TYPE, ' { } '],
    ['logs as protobuf', '/v1/logs', PROTOBUF, ''],
    ['logs as JSON', '/v1/logs', JSON_TYPE, '{}'],
  ])('takes a request without any %s', async (_, path, headers, body) => {
    const { url } = await viewerFor();
    const response = await fetch(url + path, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(headers === JSON_TYPE ? '{}' : '');
  });

  it('tells who opens the address that OTLP is sent to where the page is', async () => {
    const { url } = await viewerFor();
    const response = await fetch(`${url}/v1/traces`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toEqual({ message: 'Expected POST: OTLP is sent here. The page is at /.' });
    const elsewhere = await fetch(`${url}/v1/profiles`, { method: 'POST', headers: JSON_TYPE, body: '{}' });
    expect([elsewhere.status, await elsewhere.json()]).toEqual([
      404,
      { message: 'The viewer takes /v1/traces and /v1/logs.' },
    ]);
  });

  it('keeps gzipped OTLP', async () => {
    const viewer = await viewerFor();
    const sent = span();
    const body = gzipSync(encodeOtlpProtobuf([sent]));
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    const response = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await viewer.trace(sent.traceId)).spanIds.at(0)).toBe(sent.spanId);
  });

  it("keeps Zipkin's JSON", async () => {
    const viewer = await viewerFor();
    const sent = span();
    const body = JSON.stringify(encodeZipkinJson([sent]));
    const response = await fetch(`${viewer.url}/api/v2/spans`, { method: 'POST', headers: JSON_TYPE, body });
    expect(response.status).toBe(202);
    expect((await viewer.ask<SearchAnswer>('traces')).traces).toMatchObject([{ rootName: 'GET /orders' }]);
  });

  it('keeps the logs of a trace', async () => {
    const viewer = await viewerFor();
    const sent = span();
    const record = {
      timeUnixNano: `${sent.startUnixNano}`,
      severityNumber: 17,
      body: { stringValue: 'out of stock' },
      traceId: sent.traceId,
      spanId: sent.spanId,
    };
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
    const response = await fetch(`${viewer.url}/v1/logs`, { method: 'POST', headers: JSON_TYPE, body });
    expect(response.status).toBe(200);
    const { logs } = await viewer.ask<{ logs: object[] }>(`traces/${sent.traceId}/logs`);
    expect(logs).toMatchObject([{ body: 'out of stock', severity: 17, spanId: sent.spanId }]);
  });

  it('keeps the good spans of a request and says how many it rejected', async () => {
    const viewer = await viewerFor();
    const bad = span({ spanId: '' });
    const good = span();
    const body = JSON.stringify(encodeOtlpJson([bad, good]));
    const response = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: JSON_TYPE, body });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
    expect(await viewer.ask<Status>('status')).toMatchObject({ received: { spans: 1, rejected: 1 } });
    const binary = await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: PROTOBUF,
      body: new Uint8Array(encodeOtlpProtobuf([bad])),
    });
    const partial = new Uint8Array(await binary.arrayBuffer());
    expect([...partial.slice(0, 4)]).toEqual([0x0a, partial.length - 2, 0x08, 1]);
  });

  it('answers 503 with Retry-After when its store is full, and counts nothing as received', async () => {
    const store = createMemoryStore();
    const viewer = await viewerFor({
      ...store,
      append: () => Promise.reject(new StoreFullError('The disk is full.')),
    });
    const body = new Uint8Array(encodeOtlpProtobuf([span()]));
    const response = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: PROTOBUF, body });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await viewer.ask<Status>('status')).toMatchObject({ received: { spans: 0, deferred: 1 } });
  });

  it('answers 503 while more is under way than it holds, and takes it afterwards', async () => {
    const limits = { body: 10_000, unpacked: 10_000, pending: 100 };
    const viewer = await viewerFor(undefined, { limits });
    const large = JSON.stringify(encodeOtlpJson([span({ name: 'n'.repeat(200) })]));
    const send = (body: string) => fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: JSON_TYPE, body });
    const first = await send(large);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('1');
    expect((await send('{"resourceSpans":[]}')).status).toBe(200);
  });

  it('lets pages of this machine send, and no others', async () => {
    const viewer = await viewerFor();
    const body = JSON.stringify(encodeOtlpJson([span()]));
    const send = (origin: string) =>
      fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: { ...JSON_TYPE, origin }, body });
    const own = await send('http://localhost:5173');
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, 'http://localhost:5173']);
    const foreign = await send('https://evil.example');
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('answers nothing that came by another name for its address, or from another site', async () => {
    const viewer = await viewerFor();
    const rebound = await exchange(viewer.url, 'GET /api/viewer/traces HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(rebound).toMatch(/^HTTP\/1.1 403/);
    const status = `${viewer.url}/api/viewer/status`;
    expect((await fetch(status, { headers: { origin: 'http://localhost:1' } })).status).toBe(403);
    expect((await fetch(status, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await fetch(status, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  it('wants a token of everyone when it listens beyond this machine', async () => {
    const viewer = await viewerFor(undefined, {}, { host: '0.0.0.0' });
    const { url, token = '', link } = viewer;
    expect((await fetch(`${url}/api/viewer/status`)).status).toBe(401);
    expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers: JSON_TYPE, body: '{}' })).status).toBe(401);
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    const body = JSON.stringify(encodeOtlpJson([span()]));
    expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
    const opened = await fetch(link, { redirect: 'manual' });
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/']);
    expect(cookie).toContain('HttpOnly; SameSite=Strict');
    const seen = await fetch(`${url}/api/viewer/status`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(seen.status).toBe(200);
  });

  it('takes what it holds no more of from the oldest traces', async () => {
    const viewer = await viewerFor(createMemoryStore({ maxBytes: 20_000 }));
    for (let index = 0; index < 40; index++) {
      const body = new Uint8Array(encodeOtlpProtobuf([span({ name: `span ${index}`, startMs: index })]));
      await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: PROTOBUF, body });
    }
    const { store } = await viewer.ask<Status>('status');
    expect(store.bytes).toBeLessThanOrEqual(20_000);
    const { traces } = await viewer.ask<SearchAnswer>('traces?limit=100');
    expect(traces.length).toBe(store.traces);
    expect(traces.length).toBeLessThan(40);
    expect(traces[0]?.rootName).toBe('span 39');
  });
});
