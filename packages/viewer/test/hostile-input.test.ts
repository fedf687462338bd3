import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { encodeOtlpJson, encodeOtlpProtobuf, encodeZipkinJson } from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status } from '../src/api/messages.ts';
import { span } from './spans.ts';
import { exchange, type ViewerUnderTest, viewerFor } from './viewer-under-test.ts';

const SEED = Date.now() & 0x7fffffff;

function post(viewer: ViewerUnderTest, body: string | Uint8Array, headers: Record<string, string>) {
  const init = { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) };
  return fetch(`${viewer.url}/v1/traces`, init);
}

const spans = Array.from({ length: 5 }, () =>
  span({ attributes: { key: 'value', list: [1, 'a', true], nested: { a: 1 } } }),
);
const logs = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeLogs: [
        {
          scope: { name: 'pino' },
          logRecords: Array.from({ length: 5 }, (_, at) => ({
            timeUnixNano: `${1_700_000_000_000_000_000n + BigInt(at)}`,
            severityNumber: 17,
            body: { stringValue: 'no stock' },
            attributes: [{ key: 'sku', value: { intValue: '5' } }],
            traceId: '01'.repeat(16),
            spanId: '02'.repeat(8),
          })),
        },
      ],
    },
  ],
};
const json = (value: unknown) => ({ type: 'application/json', good: Buffer.from(JSON.stringify(value)) });
const intakes = {
  'OTLP as protobuf': { path: '/v1/traces', type: 'application/x-protobuf', good: encodeOtlpProtobuf(spans) },
  'OTLP as JSON': { path: '/v1/traces', ...json(encodeOtlpJson(spans)) },
  'logs as JSON': { path: '/v1/logs', ...json(logs) },
  // `resource_logs { scope_logs { log_records { severity_text: "error" body { string_value: "no stock" } } } }`
  'logs as protobuf': {
    path: '/v1/logs',
    type: 'application/x-protobuf',
    good: nested(0x0a, nested(0x12, nested(0x12, text(0x1a, 'error'), nested(0x2a, text(0x0a, 'no stock'))))),
  },
  Zipkin: { path: '/api/v2/spans', ...json(encodeZipkinJson(spans)) },
};

/** A field of a protobuf message that holds others, or a text; both short. */
function nested(tag: number, ...fields: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(fields);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

function text(tag: number, value: string): Uint8Array {
  return nested(tag, Buffer.from(value));
}

describe('the receiver, given hostile input', () => {
  it('refuses a body that is small only while it is packed', async () => {
    const viewer = await viewerFor();
    const bomb = gzipSync(Buffer.alloc(2 ** 27));
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => (await post(viewer, bomb, headers)).status),
    );
    expect(statuses).toEqual(new Array(8).fill(413));
  });

  it('refuses a body that is too large, by its length and by its bytes', async () => {
    const limits = { body: 1000, unpacked: 1000, pending: 1_000_000 };
    const viewer = await viewerFor(undefined, { limits });
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    expect(await exchange(viewer.url, `${head}Content-Length: 99999999\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
    const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`;
    expect(await exchange(viewer.url, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk)).toMatch(/^HTTP\/1.1 413/);
  });

  it('refuses JSON that nests deeply, whatever its format', async () => {
    const viewer = await viewerFor();
    const deep = `{"resourceSpans":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const response = await post(viewer, deep, { 'content-type': 'application/json' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 3, message: expect.stringContaining('levels') });
  });

  it('answers malformed bodies without anything that was in them', async () => {
    const viewer = await viewerFor();
    for (const body of ['<script>alert(1)</script>', '{"resourceSpans": <script>', '"<script>"', '{"x":"<script>"}']) {
      const response = await post(viewer, body, { 'content-type': 'application/json' });
      expect([body, response.status]).toEqual([body, 400]);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await response.text()).not.toContain('script');
    }
    expect((await post(viewer, 'x', { 'content-type': 'text/html' })).status).toBe(415);
    expect((await post(viewer, 'x', { 'content-type': 'application/json', 'content-encoding': 'zstd' })).status).toBe(
      415,
    );
    expect((await post(viewer, 'x', { 'content-type': 'application/json', 'content-encoding': 'gzip' })).status).toBe(
      400,
    );
  });

  it.each(Object.entries(intakes))(
    'survives truncated and bit-flipped %s, and stores all of a request or nothing',
    async (_, { path, type, good }) => {
      const viewer = await viewerFor();
      const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(7)), { maxLength: 4 });
      const length = fc.oneof(fc.constant(good.length), fc.integer({ min: 1, max: good.length }));
      let stored = 0;
      await fc.assert(
        fc.asyncProperty(flips, length, async (bits, length) => {
          const body = new Uint8Array(good).slice(0, length);
          for (const [at, bit] of bits) if (at < length) body[at] = (body[at] as number) ^ (1 << bit);
          const init = { method: 'POST', headers: { 'content-type': type }, body };
          const { status } = await fetch(viewer.url + path, init);
          expect([200, 202, 400]).toContain(status);
          const { received } = await viewer.ask<Status>('status');
          if (status === 400) expect(received.spans + received.logs).toBe(stored);
          stored = received.spans + received.logs;
        }),
        { seed: SEED, numRuns: 100 },
      );
      expect(stored).toBeGreaterThan(0);
      expect(viewer.log).toEqual([]);
    },
  );

  it('answers garbage for a request target, and goes on', async () => {
    const viewer = await viewerFor();
    const targets = ['//', '//evil.example/', '/%', '/%00', '/%2e%2e/%2e%2e/etc/passwd', '/../../etc/passwd', '*'];
    for (const target of [
      ...targets,
      'http://[::',
      '/\\..\\x',
      `/${'a'.repeat(15_000)}`,
      '/?%%%=%',
      '/api/traces/%zz',
    ]) {
      const answer = await exchange(
        viewer.url,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect([target.slice(0, 40), answer.slice(0, 12)]).toEqual([
        target.slice(0, 40),
        expect.stringMatching(/^HTTP\/1.1 4\d\d$/),
      ]);
      expect(answer).not.toContain('root:');
    }
    expect((await viewer.ask<Status>('status')).store.kind).toBe('memory');
  });

  it('lets go of senders that are too slow', async () => {
    const viewer = await viewerFor(undefined, { requestTimeout: 200 });
    const head =
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n';
    const [inBody, inHead] = await Promise.all([
      exchange(viewer.url, `${head}\r\n{`),
      exchange(viewer.url, 'POST /v1/traces HTTP/1.1\r\nHost: loc'),
    ]);
    expect(inHead).toMatch(/^HTTP\/1.1 408/);
    expect(inBody).not.toContain(' 200 ');
  });

  it('answers others while very many connections are open', async () => {
    const viewer = await viewerFor();
    const port = Number(new URL(viewer.url).port);
    const idle = Array.from({ length: 400 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect((await viewer.ask<Status>('status')).store.spans).toBe(0);
    for (const socket of idle) socket.destroy();
  });
});
