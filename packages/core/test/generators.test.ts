import { context, trace } from '@opentelemetry/api';
import { traced, withSpan } from '@throughline/core';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

const activeSpan = (): string => trace.getSpanContext(context.active())?.spanId ?? 'none';
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const pages = traced('read pages', function* (count: number) {
  for (let page = 1; page <= count; page += 1) yield `${page} ${activeSpan()}`;
  return 'all';
});
const rows = traced('read rows', async function* (count: number) {
  for (let row = 1; row <= count; row += 1) {
    await tick();
    yield `${row} ${activeSpan()}`;
  }
});
const error = new RangeError('torn');

describe('the span of a generator', () => {
  it('is active in every step, and in none of the steps of its reader', async () => {
    const seen: string[] = [];
    for (const page of pages(2)) {
      seen.push(page);
      expect(activeSpan()).toBe('none');
      expect(recorder.finished()).toEqual([]);
    }
    const { spanId } = await recorder.take('read pages');
    expect(seen).toEqual([`1 ${spanId}`, `2 ${spanId}`]);
  });

  it('is active in every step of an asynchronous one', async () => {
    const seen: string[] = [];
    for await (const row of rows(2)) {
      seen.push(row);
      await tick();
      expect(activeSpan()).toBe('none');
      expect(recorder.finished()).toEqual([]);
    }
    const { spanId, status } = await recorder.take('read rows');
    expect(seen).toEqual([`1 ${spanId}`, `2 ${spanId}`]);
    expect(status).toBe('UNSET');
  });

  it('ends when a loop is left early, and the generator cleans up inside it', async () => {
    let cleanedUpIn = '';
    const generate = traced('left early', async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await tick();
        cleanedUpIn = activeSpan();
      }
    });
    for await (const value of generate()) {
      expect(value).toBe(1);
      break;
    }
    expect(cleanedUpIn).toBe((await recorder.take('left early')).spanId);
    for (const _page of pages(9)) break;
    expect((await recorder.take('read pages')).status).toBe('UNSET');
  });

  it('has what the generator throws, which is rethrown, the same object', async () => {
    const sync = traced('torn', function* () {
      yield 1;
      throw error;
    });
    const async = traced('torn later', async function* () {
      yield 1;
      await tick();
      throw error;
    });
    expect(thrownBy(() => [...sync()])).toBe(error);
    await expect(collect(async())).rejects.toBe(error);
    for (const name of ['torn', 'torn later']) {
      const span = await recorder.take(name);
      expect(span).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'RangeError' } });
      expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'torn' }]);
    }
  });

  it('passes on what its reader sends and throws into it, and what it returns', async () => {
    const echo = traced('echo', function* (): Generator<string, string, string> {
      let heard = 'nothing';
      try {
        for (;;) heard = yield heard;
      } catch (thrown) {
        return `${heard} ${String(thrown)}`;
      }
    });
    const talk = echo();
    expect(talk.next()).toEqual({ value: 'nothing', done: false });
    expect(talk.next('a')).toEqual({ value: 'a', done: false });
    expect(talk.throw('enough')).toEqual({ value: 'a enough', done: true });
    expect(talk.next()).toEqual({ value: undefined, done: true });
    await recorder.take('echo');
  });

  it('begins with the first step, so one that nobody reads has none', () => {
    const unread = pages(3);
    expect(unread.return('never')).toEqual({ value: 'never', done: true });
    expect(unread.next()).toEqual({ value: undefined, done: true });
    pages(3);
    rows(3);
  });

  it('is that of withSpan too, where the function returns a generator', async () => {
    const generator = withSpan('walk', (span) =>
      (function* () {
        yield activeSpan() === span.spanContext().spanId;
      })(),
    );
    expect([...generator]).toEqual([true]);
    await recorder.take('walk');
    const unread = withSpan('unread', () => pages(1));
    unread.return('never');
    expect((await recorder.take('unread')).durationMs).toBeGreaterThanOrEqual(0);
  });

  it('leaves arrays and other things that can be iterated alone', async () => {
    const values = [1, 2];
    expect(withSpan('list', () => values)).toBe(values);
    await recorder.take('list');
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}
