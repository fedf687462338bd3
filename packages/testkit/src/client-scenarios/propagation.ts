import assert from 'node:assert/strict';
import { type Context, context, createContextKey, propagation, TraceFlags, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import type { ClientSubject, ClientSubjectOptions } from '../http-client-subject.ts';
import { answerOk, callTarget, inSpan, valuesOf } from '../http-target.ts';
import type { SpanRecorder } from '../span-recorder.ts';

const STALE = '00-11111111111111111111111111111111-2222222222222222-01';
const IGNORED_TRACE = '33333333333333333333333333333333';

// The keys by which packages agree, in the context: OpenTelemetry's own, that of an exchange, and that of an ignored one.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const REQUEST_SCOPE = createContextKey('throughline.request-scope');
const IGNORED = createContextKey('throughline.ignored');

/** What a client tells the service it calls, and whose child its span is. */
export const clientPropagationScenarios: readonly Scenario<ClientSubject>[] = [
  {
    title: 'a call is a child of the active span, and the service is told the id of the CLIENT span, once',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        await inSpan('work', () => client.request('GET', url));
        const parent = await recorder.take('work');
        const span = await recorder.take('GET');
        assert.equal(span.kind, 'CLIENT');
        assert.equal(span.traceId, parent.traceId);
        assert.equal(span.parentSpanId, parent.spanId);
        assert.deepEqual(valuesOf(requests[0], 'traceparent'), [`00-${span.traceId}-${span.spanId}-01`]);
      }),
  },
  {
    title: 'a call outside of any span starts a trace',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        await client.request('GET', url);
        const span = await recorder.take('GET');
        assert.equal(span.parentSpanId, undefined);
        assert.deepEqual(valuesOf(requests[0], 'traceparent'), [`00-${span.traceId}-${span.spanId}-01`]);
      }),
  },
  {
    title: 'the trace context that the caller has set is replaced, and its headers object stays as it was',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        const headers = { Traceparent: STALE, tracestate: 'stale=1', 'x-own': 'kept' };
        await client.request('GET', url, { headers });
        const span = await recorder.take('GET');
        assert.deepEqual(valuesOf(requests[0], 'traceparent'), [`00-${span.traceId}-${span.spanId}-01`]);
        assert.deepEqual(valuesOf(requests[0], 'tracestate'), []);
        assert.deepEqual(valuesOf(requests[0], 'x-own'), ['kept']);
        assert.deepEqual(headers, { Traceparent: STALE, tracestate: 'stale=1', 'x-own': 'kept' });
      }),
  },
  {
    title: 'calls made at the same time do not mix',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (request, response) => {
          setTimeout(() => response.end(request.headers.traceparent), Math.random() * 20);
        },
        async (client, { url }) => {
          const calls = Array.from({ length: 20 }, (_, n) =>
            inSpan(`work ${n}`, () => client.request('GET', `${url}/${n}`)),
          );
          const responses = await Promise.all(calls);
          for (const [n, { body }] of responses.entries()) {
            const parent = await recorder.take(`work ${n}`);
            const span = await recorder.take(({ attributes }) => attributes['url.full'] === `${url}/${n}`);
            assert.equal(span.parentSpanId, parent.spanId);
            assert.equal(body, `00-${parent.traceId}-${span.spanId}-01`);
          }
        },
      ),
  },
  {
    title: 'the baggage and the correlation ID of the active context are sent',
    run: (subject, recorder) => expectSent(subject, recorder, {}, { trace: true, baggage: true, correlation: true }),
  },
  {
    title: 'nothing is sent where `propagate` says no, and the span is made',
    run: (subject, recorder) =>
      expectSent(subject, recorder, { propagate: () => false }, { trace: false, baggage: false, correlation: false }),
  },
  ...(['trace', 'baggage', 'correlation'] as const).map(
    (part): Scenario<ClientSubject> => ({
      title: `\`propagate\` may allow ${part} alone`,
      run: (subject, recorder) =>
        expectSent(
          subject,
          recorder,
          { propagate: () => ({ [part]: true }) },
          { trace: false, baggage: false, correlation: false, [part]: true },
        ),
    }),
  ),
  {
    title: '`propagate` sees the URL of the call',
    run: async (subject, recorder) => {
      const seen: string[] = [];
      const propagate = (url: URL): boolean => seen.push(url.href) > 0;
      await callTarget(
        subject,
        answerOk,
        async (client, { url }) => {
          await client.request('GET', `${url}/items?page=2`);
          await recorder.take('GET');
          assert.deepEqual(seen, [`${url}/items?page=2`]);
        },
        { propagate },
      );
    },
  },
  {
    title: 'nothing is sent where `propagate` throws',
    run: (subject, recorder) =>
      callTarget(
        subject,
        answerOk,
        async (client, { url, requests }) => {
          assert.equal((await client.request('GET', url)).status, 200);
          await recorder.take('GET');
          assert.deepEqual(valuesOf(requests[0], 'traceparent'), []);
        },
        {
          propagate: () => {
            throw new Error('of the application');
          },
        },
      ),
  },
  {
    title: 'the correlation ID that the caller has set stays',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        await context.with(correlated(), () =>
          client.request('GET', url, { headers: { 'X-Request-Id': 'of-the-caller' } }),
        );
        await recorder.take('GET');
        assert.deepEqual(valuesOf(requests[0], 'x-request-id'), ['of-the-caller']);
      }),
  },
  {
    title: 'a call where tracing is suppressed has no span and sends nothing',
    run: (subject) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        const suppressed = correlated().setValue(SUPPRESS_TRACING, true);
        const { body } = await context.with(suppressed, () => client.request('GET', url));
        assert.equal(body, 'ok');
        assert.deepEqual(valuesOf(requests[0], 'traceparent'), []);
        assert.deepEqual(valuesOf(requests[0], 'x-request-id'), []);
      }),
  },
  {
    title: 'a call of an ignored request has no span and tells the service not to sample',
    run: (subject) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        const ids = { traceId: IGNORED_TRACE, spanId: '4444444444444444', traceFlags: TraceFlags.NONE };
        const ignored = trace
          .setSpanContext(correlated(), ids)
          .setValue(SUPPRESS_TRACING, true)
          .setValue(IGNORED, true);
        await context.with(ignored, () => client.request('GET', url));
        assert.deepEqual(valuesOf(requests[0], 'traceparent'), [`00-${IGNORED_TRACE}-4444444444444444-00`]);
        assert.deepEqual(valuesOf(requests[0], 'x-request-id'), ['request-1']);
      }),
  },
];

function correlated(): Context {
  const scope = { correlation: { id: 'request-1', header: 'x-request-id' } };
  return context.active().setValue(REQUEST_SCOPE, scope);
}

type Parts = { readonly trace: boolean; readonly baggage: boolean; readonly correlation: boolean };

async function expectSent(
  subject: ClientSubject,
  recorder: SpanRecorder,
  options: ClientSubjectOptions,
  expected: Parts,
): Promise<void> {
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
  await callTarget(
    subject,
    answerOk,
    async (client, { url, requests }) => {
      await context.with(propagation.setBaggage(correlated(), baggage), () => client.request('GET', url));
      const { traceId, spanId } = await recorder.take('GET');
      assert.deepEqual(
        valuesOf(requests[0], 'traceparent'),
        expected.trace ? [`00-${traceId}-${spanId}-01`] : [],
        'traceparent',
      );
      assert.deepEqual(valuesOf(requests[0], 'baggage'), expected.baggage ? ['tenant=acme'] : [], 'baggage');
      assert.deepEqual(
        valuesOf(requests[0], 'x-request-id'),
        expected.correlation ? ['request-1'] : [],
        'x-request-id',
      );
    },
    options,
  );
}
