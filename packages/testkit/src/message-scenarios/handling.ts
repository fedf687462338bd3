import assert from 'node:assert/strict';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { inSpan } from '../http-target.ts';
import type { MessageSubject } from '../message-subject.ts';
import { look, noteTaker, type Seen, takeBoth, withMessaging } from '../message-target.ts';

const MANY = 100;

/** What handlers run in, and what their spans say. */
export const messageHandlingScenarios: readonly Scenario<MessageSubject>[] = [
  {
    title: 'both spans say the system, the operation and the destination, and samplers see them',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello' });
        await seen;
        const [sent, handled] = await takeBoth(recorder, messaging);
        for (const [span, name, type] of [
          [sent, messaging.operation, 'send'],
          [handled, 'process', 'process'],
        ] as const) {
          assert.equal(span.attributes['messaging.system.name'], messaging.system);
          assert.equal(span.attributes['messaging.operation.name'], name);
          assert.equal(span.attributes['messaging.operation.type'], type);
          assert.ok(String(span.attributes['messaging.destination.name']).includes(messaging.destination));
        }
      }),
  },
  {
    title: '`template` names spans by what it makes of the destination',
    run: (subject, recorder) =>
      withMessaging(subject, { template: () => 'orders.*' }, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello' });
        await seen;
        const sent = await recorder.take(`${messaging.operation} orders.*`);
        const handled = await recorder.take('process orders.*');
        for (const { attributes } of [sent, handled]) {
          assert.equal(attributes['messaging.destination.template'], 'orders.*');
          assert.ok(String(attributes['messaging.destination.name']).includes(messaging.destination));
        }
      }),
  },
  {
    title: `${MANY} messages handled at the same time do not mix`,
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const noted: Seen[] = [];
        let finish: () => void;
        const all = new Promise<void>((resolve) => {
          finish = resolve;
        });
        await messaging.consume(async (message) => {
          const before = look(message);
          await delay(Math.random() * 20);
          const after = look(message);
          assert.deepEqual(after, before);
          noted.push(after);
          if (noted.length === MANY) finish();
        });
        const numbers = Array.from({ length: MANY }, (_, index) => String(index));
        await Promise.all(numbers.map((body) => inSpan(`work ${body}`, () => messaging.send({ body }))));
        await all;
        for (const body of numbers) {
          const work = await recorder.take(`work ${body}`);
          const seen = noted.find((note) => note.body === body);
          const ofThis = ({ traceId }: { traceId: string }): boolean => traceId === work.traceId;
          const sent = await recorder.take((span) => ofThis(span) && span.kind === 'PRODUCER');
          const handled = await recorder.take((span) => ofThis(span) && span.kind === 'CONSUMER');
          assert.deepEqual([seen?.traceId, seen?.spanId], [work.traceId, handled.spanId]);
          assert.equal(handled.parentSpanId, sent.spanId);
        }
      }),
  },
  {
    title: 'the CONSUMER span lasts until the handler is through, and what that does is its child',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        await messaging.consume(async () => {
          await delay(60);
          trace.getTracer('kit').startSpan('last').end();
        });
        await messaging.send({ body: 'hello' });
        const last = await recorder.take('last');
        const [, handled] = await takeBoth(recorder, messaging);
        assert.equal(last.parentSpanId, handled.spanId);
        assert.ok(handled.durationMs >= 55, `lasted ${handled.durationMs} ms`);
      }),
  },
  {
    title: 'hooks see the spans and their destination, and may throw',
    async run(subject, recorder) {
      const heard: string[] = [];
      const note = (what: string) => (_span: unknown, destination: string) => {
        heard.push(`${what} ${destination.length > 0}`);
        throw new Error('of the application');
      };
      await withMessaging(subject, { onStart: note('start'), onEnd: note('end') }, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: 'hello' });
        await seen;
        await takeBoth(recorder, messaging);
      });
      assert.deepEqual(heard.sort(), ['end true', 'end true', 'start true', 'start true']);
    },
  },
  {
    title: 'an empty message is handled like any other',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: '' });
        assert.equal((await seen)[0]?.body, '');
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.equal(handled.parentSpanId, sent.spanId);
      }),
  },
];

/** What only some brokers have: a subject without it skips them. */
export const messageAbilityScenarios: readonly Scenario<MessageSubject>[] = [
  {
    title: 'a message whose body is null carries the trace too',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker();
        await messaging.consume(handler);
        await messaging.send({ body: null });
        assert.equal((await seen)[0]?.body, null);
        const [sent, handled] = await takeBoth(recorder, messaging);
        assert.equal(handled.parentSpanId, sent.spanId);
      }),
  },
  {
    title: 'messages sent at once have one PRODUCER span, which says how many they are',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const { handler, seen } = noteTaker(3);
        await messaging.consume(handler);
        await messaging.sendBatch?.(['a', 'b', 'c'].map((body) => ({ body })));
        await seen;
        const sent = await recorder.take((span) => span.kind === 'PRODUCER');
        assert.equal(sent.attributes['messaging.batch.message_count'], 3);
        for (const _ of 'abc') {
          assert.equal((await recorder.take(`process ${messaging.destination}`)).parentSpanId, sent.spanId);
        }
      }),
  },
  {
    title: 'a batch is handled in one CONSUMER span, a root with a link for each message',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const spans: { traceId: string; spanId: string }[] = [];
        for (const body of ['a', 'b']) {
          await messaging.send({ body });
          const { traceId, spanId } = await recorder.take(`${messaging.operation} ${messaging.destination}`);
          spans.push({ traceId, spanId });
        }
        let active: string | undefined;
        await messaging.consumeBatch?.(() => {
          active = trace.getActiveSpan()?.spanContext().spanId;
        });
        const handled = await recorder.take(`process ${messaging.destination}`, 20_000);
        assert.deepEqual([handled.parentSpanId, handled.spanId], [undefined, active]);
        assert.deepEqual(handled.links, spans);
        assert.equal(handled.attributes['messaging.batch.message_count'], 2);
      }),
  },
  {
    title: 'a request and its answer stay in one trace',
    async run(subject, recorder) {
      let open = 0;
      const count = { onStart: () => void open++, onEnd: () => void open-- };
      await withMessaging(subject, count, async (messaging) => {
        const noted: Seen[] = [];
        await messaging.consume((message) => {
          noted.push(look(message));
          return `${message.body} yourself`;
        });
        assert.equal(await inSpan('work', async () => messaging.request?.({ body: 'hello' })), 'hello yourself');
        const work = await recorder.take('work');
        assert.equal(noted[0]?.traceId, work.traceId);
        // Whoever answered may not be through with it, as a broker has to be told.
        do await nextTurn();
        while (open > 0);
        const others = [...recorder.finished()];
        assert.ok(others.length >= 2);
        for (const { traceId } of others) {
          assert.equal((await recorder.take((span) => span.traceId === traceId)).traceId, work.traceId);
        }
      });
    },
  },
];
