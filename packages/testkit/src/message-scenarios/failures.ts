import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import type { MessageSubject, TracedMessaging } from '../message-subject.ts';
import { withMessaging } from '../message-target.ts';
import type { SpanRecorder } from '../span-recorder.ts';

class OutOfStock extends Error {
  override name = 'OutOfStock';
}

/** What becomes of spans when something fails. */
export const messageFailureScenarios: readonly Scenario<MessageSubject>[] = [
  {
    title: 'a message that cannot be sent makes the PRODUCER span an error, and the error reaches the caller',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        const thrown = await messaging.sendInVain().then(
          () => assert.fail('the message was sent'),
          (reason: unknown) => reason,
        );
        const span = await recorder.take(({ kind }) => kind === 'PRODUCER');
        assert.equal(span.status, 'ERROR');
        assert.notEqual(span.attributes['error.type'] ?? '', '');
        assert.equal(span.exceptions[0]?.message, (thrown as Error).message.slice(0, 1024));
      }),
  },
  {
    title: "a handler that fails makes the CONSUMER span an error, in the sender's trace",
    run: (subject, recorder) =>
      withoutTheRest(recorder, subject, async (messaging) => {
        let attempts = 0;
        await messaging.consume(() => {
          attempts += 1;
          if (attempts === 1) throw new OutOfStock('none left');
        });
        await messaging.send({ body: 'hello' });
        const handled = await recorder.take((span) => span.kind === 'CONSUMER' && span.status === 'ERROR');
        const sent = await recorder.take(({ kind }) => kind === 'PRODUCER');
        assert.notEqual(handled.attributes['error.type'] ?? '', '');
        assert.deepEqual([handled.traceId, handled.parentSpanId], [sent.traceId, sent.spanId]);
      }),
  },
  {
    title: 'the CONSUMER span says what its handler threw or rejected with, whatever that is',
    run: (subject, recorder) =>
      withoutTheRest(recorder, subject, async (messaging) => {
        const failures: readonly [thrown: unknown, type: string][] = [
          [Object.freeze(new OutOfStock('none left')), 'OutOfStock'],
          [Object.assign(new Error('gone'), { code: 'ECONNRESET' }), 'ECONNRESET'],
          ['a text', 'string'],
          [undefined, 'undefined'], // last: there are clients that stop at it
        ];
        const left = new Map(failures.map(([thrown], index) => [String(index), thrown]));
        await messaging.consume(async ({ body }) => {
          if (body === null || !left.has(body)) return;
          const thrown = left.get(body);
          left.delete(body);
          throw thrown;
        });
        for (const [index, [, type]] of failures.entries()) {
          await messaging.send({ body: String(index) });
          const handled = await recorder.take(({ kind, status }) => kind === 'CONSUMER' && status === 'ERROR', 20_000);
          assert.equal(handled.attributes['error.type'], type);
          assert.equal(handled.exceptions[0]?.type, type);
        }
      }),
  },
  {
    title: 'a message that is delivered again has a span for each delivery, and the second says so',
    run: (subject, recorder) =>
      withMessaging(subject, {}, async (messaging) => {
        let deliveries = 0;
        await messaging.consume(() => {
          deliveries += 1;
          if (deliveries === 1) throw new OutOfStock('none left');
        });
        await messaging.send({ body: 'hello' });
        const sent = await recorder.take(({ kind }) => kind === 'PRODUCER');
        const first = await recorder.take(({ kind }) => kind === 'CONSUMER', 20_000);
        const second = await recorder.take(({ kind }) => kind === 'CONSUMER', 20_000);
        assert.deepEqual([first.status, second.status], ['ERROR', 'UNSET']);
        assert.deepEqual([first.parentSpanId, second.parentSpanId], [sent.spanId, sent.spanId]);
        const { 'throughline.message.delivery_count': count, 'throughline.message.redelivered': again } =
          second.attributes;
        assert.ok(count === 2 || again === true, `count ${count}, redelivered ${again}`);
        assert.equal(first.attributes['throughline.message.redelivered'], undefined);
      }),
  },
];

/** How often a broker delivers a message again, and when it gives up, is its own affair. */
async function withoutTheRest(
  recorder: SpanRecorder,
  subject: MessageSubject,
  use: (messaging: TracedMessaging) => Promise<void>,
): Promise<void> {
  await withMessaging(subject, {}, use);
  recorder.clear();
}
