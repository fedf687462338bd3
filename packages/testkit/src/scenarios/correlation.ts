import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import { send, sendRaw, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const REQUEST_ID = 'throughline.request_id';
const work: KitRoute = { method: 'GET', path: '/work', handle: () => ({ body: 'ok' }) };

export const correlationScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'a correlation ID that came is on the span and in the response',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        for (const header of ['x-request-id', 'x-correlation-id']) {
          const { headers } = await send(`${url}/work`, { headers: { [header]: 'order-4711' } });
          assert.equal(headers['x-request-id'], 'order-4711');
          assert.equal((await recorder.take('GET /work')).attributes[REQUEST_ID], 'order-4711');
        }
      }),
  },
  {
    title: 'a request without a correlation ID gets one of 128 random bits',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const ids = new Set<unknown>();
        for (let n = 0; n < 3; n += 1) {
          const { headers } = await send(`${url}/work`);
          assert.match(String(headers['x-request-id']), /^[0-9a-f]{32}$/);
          assert.equal((await recorder.take('GET /work')).attributes[REQUEST_ID], headers['x-request-id']);
          ids.add(headers['x-request-id']);
        }
        assert.equal(ids.size, 3);
      }),
  },
  {
    title: 'an invalid correlation ID is replaced and never reflected',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const invalid = [
          'a=1 level=fatal',
          'x'.repeat(129),
          '"><script>',
          'caf\u00e9',
          '\u009b31m',
          'a\tb',
          '%0d%0aset-cookie:1',
        ];
        for (const id of invalid) {
          const host = new URL(url).host;
          const response = await sendRaw(
            url,
            `GET /work HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`,
          );
          const echoed = /^x-request-id: (.*)$/im.exec(response)?.[1];
          assert.match(String(echoed), /^[0-9a-f]{32}$/, JSON.stringify(id));
          assert.ok(!response.includes(id), JSON.stringify(id));
          const { attributes } = await recorder.take('GET /work');
          assert.equal(attributes[REQUEST_ID], echoed);
          assert.ok(!JSON.stringify(attributes).includes(JSON.stringify(id).slice(1, -1)));
        }
      }),
  },
  {
    title: 'of repeated correlation headers the first valid one counts',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const { headers } = await send(`${url}/work`, {
          headers: { 'x-request-id': ['not valid!', 'good-1', 'good-2'] },
        });
        assert.equal(headers['x-request-id'], 'good-1');
        assert.equal((await recorder.take('GET /work')).attributes[REQUEST_ID], 'good-1');
      }),
  },
  {
    title: 'the application chooses the headers, what is valid, and how ids are made',
    run: (subject, recorder) =>
      serve(
        subject,
        [work],
        async (url) => {
          const accepted = await send(`${url}/work`, { headers: { 'x-tracking': 'T-17', 'x-request-id': 'other' } });
          assert.equal(accepted.headers['x-tracking'], 'T-17');
          assert.equal(accepted.headers['x-request-id'], undefined);
          await recorder.take('GET /work');
          const made = await send(`${url}/work`, { headers: { 'x-tracking': 'nonsense' } });
          const span = await recorder.take('GET /work');
          assert.equal(made.headers['x-tracking'], span.traceId);
          assert.equal(span.attributes[REQUEST_ID], span.traceId);
        },
        { options: { correlation: { headers: ['X-Tracking'], valid: /^T-\d+$/, generate: 'trace-id' } } },
      ),
  },
];
