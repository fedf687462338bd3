import { TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { firstValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answer, seen, withService } from './message-service.ts';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

it('a request is a SERVER span named by its pattern', () =>
  withService(async (client) => {
    expect(await answer(client, 'sum', [1, 2, 3])).toBe(6);
    const span = await recorder.take('sum');
    expect([span.kind, span.parentSpanId, span.status]).toEqual(['SERVER', undefined, 'UNSET']);
    expect(span.attributes).toEqual({
      'rpc.system.name': 'nestjs',
      'rpc.method': 'sum',
      'code.function.name': 'SumController.sum',
      'throughline.request_id': expect.stringMatching(/^[\da-f]{32}$/),
    });
  }));

it('a pattern that is an object, or one of several, names the span', () =>
  withService(async (client) => {
    await answer(client, { v: 1, cmd: 'where' });
    await recorder.take('{"cmd":"where","v":1}');
    await answer(client, 'second');
    await recorder.take('second');
  }));

it('a handler runs in the context of its span, with ids for its log lines', () =>
  withService(async (client) => {
    const fields = await answer(client, { cmd: 'where', v: 1 });
    const { traceId, spanId, attributes } = await recorder.take('{"cmd":"where","v":1}');
    expect(fields).toEqual({
      trace_id: traceId,
      span_id: spanId,
      trace_flags: '01',
      request_id: attributes['throughline.request_id'],
    });
  }));

it('a stream of answers is one span, until its last value, and all of it runs in the context', () =>
  withService(async (client) => {
    const values = await firstValueFrom(client.send('stream', {}).pipe(toArray()));
    const { spanId, durationMs } = await recorder.take('stream');
    expect(values).toEqual([spanId, spanId, spanId]);
    expect(durationMs).toBeGreaterThan(2);
  }));

it.each([
  ['an error', 'broken', 'RangeError', 'broken'],
  ['an RpcException', 'refused', 'RpcException', 'refused'],
  ['what is no error', 'text', 'string', 'just text'],
  ['an observable that fails', 'broken stream', 'RangeError', 'broken stream'],
  ['a pipe that refuses', 'piped', 'BadRequestException', 'Validation failed (numeric string is expected)'],
])('%s is recorded once, and the sender gets what Nest makes of it', (_what, pattern, type, message) =>
  withService(async (client) => {
    await expect(answer(client, pattern)).rejects.toBeDefined();
    const span = await recorder.take(pattern);
    expect(span.exceptions).toEqual([{ type, message }]);
    expect([span.status, span.statusMessage, span.attributes['error.type']]).toEqual(['ERROR', message, type]);
  }),
);

it('a guard runs in the span, and what it throws is recorded though a filter catches all', () =>
  withService(async (client) => {
    await expect(answer(client, 'guarded')).rejects.toBeDefined();
    const span = await recorder.take('guarded');
    expect(span.exceptions).toEqual([{ type: 'RangeError', message: `broken guard ${span.spanId}` }]);
  }));

it('an event is a CONSUMER span', () =>
  withService(async (client) => {
    const happened = firstValueFrom(seen);
    client.emit('happened', 7);
    const [data, spanId] = (await happened) as [number, string];
    const span = await recorder.take('process happened');
    expect([data, spanId, span.kind]).toEqual([7, span.spanId, 'CONSUMER']);
    expect(span.attributes).toMatchObject({
      'messaging.system.name': 'nestjs',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'happened',
    });
    expect(span.attributes).not.toHaveProperty('messaging.destination.template');
  }));

it('an event whose handler fails or answers many values is one span', () =>
  withService(async (client) => {
    client.emit('went wrong', {});
    const span = await recorder.take('process went wrong');
    expect([span.status, span.exceptions]).toEqual(['ERROR', [{ type: 'RangeError', message: 'went wrong' }]]);
    client.emit('many', {});
    await recorder.take('process many');
  }));

it('a message that nobody handles is no span, and the next one is', () =>
  withService(async (client) => {
    await expect(answer(client, 'nobody')).rejects.toBeDefined();
    await answer(client, 'sum', [1]);
    await recorder.take('sum');
  }));

it('concurrent messages never mix', () =>
  withService(async (client) => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => answer(client, { cmd: 'where', v: 1 })));
    const spans = await Promise.all(answers.map(() => recorder.take('{"cmd":"where","v":1}')));
    const ids = (answers as Record<string, string>[]).map((fields) => `${fields.span_id} ${fields.request_id}`);
    expect(ids.sort()).toEqual(
      spans.map(({ spanId, attributes }) => `${spanId} ${attributes['throughline.request_id']}`).sort(),
    );
  }));

it('a module that was imported twice makes one span', () =>
  withService(
    async (client) => {
      await answer(client, 'sum', [1]);
      await recorder.take('sum');
    },
    [TracingModule.forRoot(), TracingModule.forRoot()],
  ));

it('metadata that is no context starts a trace of its own, and an ID that is none is replaced', () =>
  withService(async (plain) => {
    const metadata = { traceparent: '00-zz', baggage: 7, 'x-request-id': 'a=1 level=fatal', __proto__: null };
    plain.setOnDispatchHook((packet) => {
      packet.metadata = metadata as never;
    });
    const fields = (await answer(plain, { cmd: 'where', v: 1 })) as Record<string, string>;
    const span = await recorder.take(({ kind }) => kind === 'SERVER');
    expect([span.parentSpanId, fields.trace_id]).toEqual([undefined, span.traceId]);
    expect(fields.request_id).toMatch(/^[\da-f]{32}$/);
  }));

it('a tracer that throws costs the span, and not the message', async () => {
  const startSpan = (): never => {
    throw new Error('broken tracer');
  };
  const tracerProvider = { getTracer: () => ({ startSpan, startActiveSpan: startSpan }) };
  await withService(
    async (client) => expect(await answer(client, 'sum', [1, 2])).toBe(3),
    [TracingModule.forRoot({ tracerProvider })],
  );
});
