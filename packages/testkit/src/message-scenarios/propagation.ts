import assert from 'node:assert/strict';
import { context, propagation } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { inSpan } from '../http-target.ts';
import type { MessageSubject } from '../message-subject.ts';
import { noteTaker, REQUEST_SCOPE, SUPPRESS_TRACING, takeBoth, withMessaging } from '../message-target.ts';

const FOREIGN_TRACE = '11111111111111111111111111111111';
const FOREIGN_SPAN = '2222222222222222';
const FOREIGN = `00-${FOREIGN_TRACE}-${FOREIGN_SPAN}-01`;

/** What travels beside a message. */
export const messagePropagationScenarios: readonly Scenario<MessageSubject>[] = [
  {
    title:
      'a message is sent in a PRODUCER span, a child of the active one, and handled in a CONSUMER span, a child of that',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await inSpan('work', () => messaging.send({ body: 'hello' }));
        const [noted] = await seen;
        const work = await recorder.take('work');
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.deepEqual([sent.kind, handled.kind], ['PRODUCER', 'CONSUMER']);
        assert.deepEqual([sent.traceId, sent.parentSpanId], [work.traceId, work.spanId]);
        assert.deepEqual([handled.traceId, handled.parentSpanId], [work.traceId, sent.spanId]);
        assert.deepEqual([noted?.body, noted?.traceId, noted?.spanId], ['hello', handled.traceId, handled.spanId]);
        assert.deepEqual([sent.status, handled.status, handled.links], ['UNSET', 'UNSET', []]);
      }),
  },
  {
    title: 'a message sent outside of any span starts a trace',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello' });
        await seen;
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.deepEqual([sent.parentSpanId, handled.parentSpanId], [undefined, sent.spanId]);
      }),
  },
  {
    title:
      '`relation: link` makes the CONSUMER span the root of a trace of its own, with one link to the PRODUCER span',
    run: (subject, recorder) =>
      withMessaging(subject, { relation: 'link' }, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        const scope = { correlation: { id: 'order-4711', header: 'x-request-id' } };
        await context.with(context.active().setValue(REQUEST_SCOPE, scope), () => messaging.send({ body: 'hello' }));
        const [noted] = await seen;
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.notEqual(handled.traceId, sent.traceId);
        assert.equal(handled.parentSpanId, undefined);
        assert.deepEqual(handled.links, [{ traceId: sent.traceId, spanId: sent.spanId }]);
        assert.equal(noted?.requestId, 'order-4711');
      }),
  },
  {
    title: "baggage and the correlation ID travel beside the message, into the handler's context",
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        const scope = { correlation: { id: 'order-4711', header: 'x-request-id' } };
        const baggage = propagation.createBaggage({ tenant: { value: 'acme & söhne' } });
        const sending = propagation.setBaggage(context.active(), baggage).setValue(REQUEST_SCOPE, scope);
        await context.with(sending, () => messaging.send({ body: 'hello' }));
        const [noted] = await seen;
        const [, handled] = await takeBoth(recorder, messaging);
        assert.deepEqual([noted?.requestId, noted?.baggage], ['order-4711', 'acme & söhne']);
        assert.equal(handled.attributes['throughline.request_id'], 'order-4711');
      }),
  },
  {
    title: 'a message without a correlation ID is given one',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello' });
        const [noted] = await seen;
        const [, handled] = await takeBoth(recorder, messaging);
        assert.match(noted?.requestId ?? '', /^[0-9a-f]{32}$/);
        assert.equal(handled.attributes['throughline.request_id'], noted?.requestId);
      }),
  },
  {
    title: 'headers of the caller arrive, and the objects it gave stay as they were',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        const headers = Object.freeze({ 'x-own': 'kept', 'x-request-id': 'mine' });
        const message = Object.freeze({ body: 'hello', headers });
        await messaging.send(message);
        const [noted] = await seen;
        const [sent] = await takeBoth(recorder, messaging);
        assert.equal(noted?.own, 'kept');
        assert.equal(noted.requestId, 'mine');
        assert.equal(noted.traceparent, `00-${sent.traceId}-${sent.spanId}-01`);
        assert.deepEqual(headers, { 'x-own': 'kept', 'x-request-id': 'mine' });
      }),
  },
  {
    title: 'a trace context that the caller has put beside the message stays, and the PRODUCER span links to it',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello', headers: { traceparent: FOREIGN } });
        const [noted] = await seen;
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.equal(noted?.traceparent, FOREIGN);
        assert.deepEqual(sent.links, [{ traceId: FOREIGN_TRACE, spanId: FOREIGN_SPAN }]);
        assert.deepEqual([handled.traceId, handled.parentSpanId], [FOREIGN_TRACE, FOREIGN_SPAN]);
      }),
  },
  {
    title: 'nothing travels where `propagate` says no or throws, and both spans are made',
    async run(subject, recorder) {
      const fail = (): never => {
        throw new Error('of the application');
      };
      for (const propagate of [() => false, fail]) {
        await withMessaging(subject, { propagate }, async (messaging) => {
          const { handler, seen } = noteTaker();
          await messaging.consume(handler);
          await messaging.send({ body: 'hello' });
          const [noted] = await seen;
          const [sent, handled] = await takeBoth(recorder, messaging);
          assert.equal(noted?.traceparent, undefined);
          assert.notEqual(handled.traceId, sent.traceId);
          assert.equal(handled.parentSpanId, undefined);
        });
      }
    },
  },
  {
    title: 'where tracing is suppressed, a message is sent without a span and without headers',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        const suppressed = context.active().setValue(SUPPRESS_TRACING, true);
        await context.with(suppressed, () => messaging.send({ body: 'hello' }));
        const [noted] = await seen;
        const handled = await recorder.take(`process ${messaging.destination}`);
        assert.deepEqual([noted?.traceparent, handled.parentSpanId], [undefined, undefined]);
      }),
  },
  {
    title: 'headers that nobody can make sense of start a trace, and the message is handled',
    async run(subject, recorder) {
      const senseless = [
        { traceparent: `00-${'f'.repeat(8000)}-01`, 'x-request-id': 'two words' },
        { traceparent: '00-00000000000000000000000000000000-0000000000000000-01', baggage: '=,;=%zz,,=' },
        { traceparent: 'ff-nonsense', tracestate: '====', 'x-request-id': 'x'.repeat(5000) },
      ];
      await withMessaging(subject, { propagate: () => false }, async (messaging) => {
        const { handler, seen } = noteTaker(senseless.length);
        await messaging.consume(handler);
        for (const headers of senseless) await messaging.send({ body: 'hello', headers });
        for (const noted of await seen) {
          const [, handled] = await takeBoth(recorder, messaging);
          assert.equal(handled.parentSpanId, undefined);
          assert.match(noted.requestId ?? '', /^[0-9a-f]{32}$/);
        }
      });
    },
  },
];
