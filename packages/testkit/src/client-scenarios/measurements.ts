import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../contract.ts';
import type { ClientSubject } from '../http-client-subject.ts';
import { callTarget, rejectionOf } from '../http-target.ts';
import { measureCalls } from '../measurements.ts';
import { unusedUrl } from '../unused-url.ts';

const WORK_MS = 40;

/** What is published of a call, for those who count and time. */
export const clientMeasurementScenarios: readonly Scenario<ClientSubject>[] = [
  {
    title: 'a call is measured once, with its target, status, duration and size',
    run: (subject, recorder) =>
      measureCalls((measurements) =>
        callTarget(
          subject,
          (_request, response) =>
            void delay(WORK_MS).then(() => response.writeHead(200, { 'content-length': 2 }).end('ok')),
          async (client, { url, port }) => {
            await client.request('GET', `${url}/items/1`);
            const span = await recorder.take('GET');
            const measured = await measurements.take();
            assert.equal(measured.method, 'GET');
            assert.equal(measured.origin?.port, port);
            assert.equal(measured.statusCode, 200);
            assert.equal(measured.errorType, undefined);
            assert.equal(measured.responseBodySize, 2);
            const { durationMs } = measured;
            assert.ok(durationMs >= WORK_MS - 5 && Math.abs(durationMs - span.durationMs) < 500, `${durationMs} ms`);
            assert.equal(measured.span.spanContext().spanId, span.spanId);
          },
        ),
      ),
  },
  {
    title: 'a call that is answered with an error, or not at all, is measured with its type',
    run: (subject, recorder) =>
      measureCalls((measurements) =>
        callTarget(
          subject,
          (_request, response) => void response.writeHead(503).end(),
          async (client, { url }) => {
            await client.request('GET', url);
            await recorder.take('GET');
            const answered = await measurements.take();
            assert.equal(answered.statusCode, 503);
            assert.equal(answered.errorType, '503');
            await rejectionOf(client.request('GET', await unusedUrl()));
            await recorder.take('GET');
            const refused = await measurements.take();
            assert.equal(refused.statusCode, undefined);
            assert.equal(refused.errorType, 'ECONNREFUSED');
          },
        ),
      ),
  },
  {
    title: 'a call that its caller gives up is measured as cancelled',
    run(subject, recorder) {
      const controller = new AbortController();
      return measureCalls((measurements) =>
        callTarget(
          subject,
          () => controller.abort(),
          async (client, { url }) => {
            await rejectionOf(client.request('GET', url, { signal: controller.signal }));
            await recorder.take('GET');
            const measured = await measurements.take();
            assert.equal(measured.errorType, 'cancelled');
            assert.equal(measured.statusCode, undefined);
          },
        ),
      );
    },
  },
];
