import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scenario } from '../contract.ts';
import { rawRequest, send, sendRaw, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';
import type { SpanRecorder } from '../span-recorder.ts';

const work: KitRoute = { method: 'GET', path: '/work', handle: () => ({ body: 'ok' }) };
const TRACE = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
/** Of processor time: a busy machine makes everything take long, and nothing cost more. */
const LINEAR_MS = 500;

/** Values of up to 15 KB, just below what Node accepts for all headers of a request. */
const floods: Readonly<Record<string, string>> = {
  'a long value': 'x'.repeat(15_000),
  'thousands of members': Array.from({ length: 1_800 }, (_, n) => `k${n}=1`).join(','),
  'thousands of empty members': ','.repeat(15_000),
  'a flood of separators': ';='.repeat(7_500),
  'a flood of blanks': `a${' \t'.repeat(7_000)}=b`,
  'a flood of percent signs': '%'.repeat(15_000),
  'a flood of dashes': '-'.repeat(15_000),
  'malformed escapes': '%E0%A4%A=%ff,'.repeat(1_000),
  'control characters': `a=\u0080\u009b31m\u009f${'\u0085'.repeat(1_000)}`,
};

const headers = ['traceparent', 'tracestate', 'baggage', 'x-request-id', 'x-correlation-id', 'user-agent', 'accept'];

export const abuseScenarios: readonly Scenario<ServerSubject>[] = [
  ...Object.entries(floods).map(
    ([what, value]): Scenario<ServerSubject> => ({
      title: `${what} in any header costs little time, is not reflected and leaves the next request alone`,
      run: (subject, recorder) =>
        serve(subject, [work], async (url) => {
          for (const header of headers) {
            const context = header === 'tracestate' ? [`traceparent: 00-${TRACE}-01`] : [];
            const before = process.cpuUsage();
            const sent = rawRequest('GET /work', [...context, `${header}: ${value}`, 'Connection: close']);
            const received = await sendRaw(url, sent);
            assert.ok(process.cpuUsage(before).user < LINEAR_MS * 1000, `${header} cost too much`);
            assert.match(received, /^HTTP\/1\.1 200 /, header);
            assert.ok(!received.includes(value.slice(0, 40)), `${header} was reflected`);
            const span = await recorder.take('GET /work');
            assert.ok(JSON.stringify(span).length < 8_000, `${header} made a span of unbounded size`);
          }
          await expectNormal(url, recorder);
        }),
    }),
  ),
  {
    title: 'headers beyond what the server accepts make no span and leave the next request alone',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        for (const header of headers) {
          await sendRaw(url, rawRequest('GET /work', [`${header}: ${'x'.repeat(1_000_000)}`, 'Connection: close']));
        }
        await expectNormal(url, recorder);
      }),
  },
  {
    title: 'header lines that repeat hundreds of times leave the request alone',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const lines = [
          ...Array.from({ length: 60 }, (_, n) => `traceparent: 00-${TRACE}-0${n % 2}`),
          ...Array.from({ length: 60 }, (_, n) => `tracestate: v${n}=1`),
          ...Array.from({ length: 60 }, (_, n) => `baggage: k${n}=1`),
          ...Array.from({ length: 60 }, (_, n) => `x-request-id: not valid ${n}`),
        ];
        const received = await sendRaw(url, rawRequest('GET /work', [...lines, 'Connection: close']));
        assert.match(received, /^HTTP\/1\.1 200 /);
        assert.match(received, /^x-request-id: [0-9a-f]{32}\r$/im);
        assert.equal((await recorder.take('GET /work')).parentSpanId, undefined);
        await expectNormal(url, recorder);
      }),
  },
  {
    title: 'names of object prototypes in baggage and in the query are names like any other',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__.polluted'];
        const baggage = names.map((name) => `${name}=polluted`).join(',');
        const query = names.map((name) => `${name}=polluted`).join('&');
        const { status } = await send(`${url}/work?${query}`, { headers: { baggage, traceparent: `00-${TRACE}-01` } });
        assert.equal(status, 200);
        assert.equal(({} as Record<string, unknown>).polluted, undefined);
        assert.equal((await recorder.take('GET /work')).attributes['url.query'], query);
        await expectNormal(url, recorder);
      }),
  },
  ...[
    ['an empty path and a query', '/?'],
    ['slashes alone', '//////'],
    ['another authority in front', '//evil.example/work'],
    ['malformed escapes', '/%zz%e0%a4%a/%ff'],
    ['an escaped NUL', '/a%00b'],
    ['climbing out of the root', '/../..%2f..%2fetc/passwd'],
    ['backslashes', '/a\\..\\b'],
    ['a query of separators', '/none?&&&&====;;;%%%'],
    ['a thousand segments', '/a'.repeat(1_000)],
    ['fifteen thousand characters', `/${'a'.repeat(15_000)}`],
    ['an absolute form of nothing', 'http://'],
    ['an absolute form that is none', 'http:///none'],
    ['bytes beyond ASCII', '/caf\u00e9\u0080\u009b'],
    ['markup', '/<script>alert(1)</script>'],
  ].map(
    ([what, target]): Scenario<ServerSubject> => ({
      title: `a target of ${what} has a span without a route, and leaves the next request alone`,
      run: (subject, recorder) =>
        serve(subject, [work], async (url) => {
          const bytes = rawRequest(`GET ${target}`, ['Connection: close']);
          assert.match(await sendRaw(url, bytes), /^HTTP\/1\.1 [34]\d\d /);
          if (await isRequest(bytes)) {
            const span = await recorder.take('GET');
            assert.equal(span.attributes['http.route'], undefined);
            assert.equal(span.status, 'UNSET');
            assert.ok(JSON.stringify(span).length < 8_000);
          }
          await expectNormal(url, recorder);
        }),
    }),
  ),
  {
    title: 'a method that nobody knows leaves the next request alone',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        for (const method of ['BREW', 'x'.repeat(5_000), '\u0000GET', 'get']) {
          assert.match(await sendRaw(url, rawRequest(`${method} /work`, ['Connection: close'])), /^HTTP\/1\.1 4\d\d /);
        }
        await expectNormal(url, recorder);
      }),
  },
  {
    title: 'any number of paths makes as many names as there are routes',
    run: (subject, recorder) =>
      serve(subject, [{ ...work, path: '/items/:id' }], async (url) => {
        const targets = Array.from({ length: 300 }, (_, n) => [`/items/${n}`, `/none/${n}`]).flat();
        await sendRaw(url, targets.map((target) => rawRequest(`GET ${target}`)).join(''));
        const names = new Set<string>();
        for (const _ of targets) names.add((await recorder.take((span) => span.kind === 'SERVER')).name);
        assert.deepEqual([...names].sort(), ['GET', 'GET /items/:id']);
      }),
  },
];

async function expectNormal(url: string, recorder: SpanRecorder): Promise<void> {
  const {
    status,
    body,
    headers: received,
  } = await send(`${url}/work`, {
    headers: { traceparent: `00-${TRACE}-01`, 'x-request-id': 'order-4711' },
  });
  assert.deepEqual([status, body, received['x-request-id']], [200, 'ok', 'order-4711']);
  const span = await recorder.take('GET /work');
  assert.equal(`${span.traceId}-${span.parentSpanId}`, TRACE);
}

// What Node's parser refuses never becomes a request, and an adapter cannot see it.
async function isRequest(bytes: string): Promise<boolean> {
  const server = createServer((_request, response) => response.end('parsed')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const received = await sendRaw(`http://127.0.0.1:${port}`, bytes);
  server.close();
  return received.includes('parsed');
}
