import { context, trace } from '@opentelemetry/api';
import { suppressTracing, withSpan } from '@throughline/core';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

it('returns what the function returns and ends the span', async () => {
  const result = withSpan('add', (span) => {
    span.setAttribute('a', 1);
    return 1 + 1;
  });
  expect(result).toBe(2);
  const span = await recorder.take('add');
  expect(span).toMatchObject({ kind: 'INTERNAL', status: 'UNSET', attributes: { a: 1 } });
});

it('keeps the span active across awaits and ends it when the promise settles', async () => {
  const result = withSpan('load', async (span) => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(trace.getActiveSpan()).toBe(span);
    expect(recorder.finished()).toEqual([]);
    return 'loaded';
  });
  await expect(result).resolves.toBe('loaded');
  await recorder.take('load');
  expect(trace.getActiveSpan()).toBeUndefined();
});

it('nests', async () => {
  await withSpan('outer', () => withSpan('inner', async () => {}));
  const inner = await recorder.take('inner');
  const outer = await recorder.take('outer');
  expect(inner.parentSpanId).toBe(outer.spanId);
});

it('records what is thrown and rethrows the same value', async () => {
  const error = new RangeError('too far');
  let caught: unknown;
  try {
    withSpan('walk', () => {
      throw error;
    });
  } catch (thrown) {
    caught = thrown;
  }
  expect(caught).toBe(error);
  const span = await recorder.take('walk');
  expect(span).toMatchObject({ status: 'ERROR', statusMessage: 'too far', attributes: { 'error.type': 'RangeError' } });
  expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'too far' }]);
});

it('records what a promise rejects with, also if it is no error, and rejects with the same value', async () => {
  for (const [value, type] of [
    ['text', 'string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ code: 'E_LOST' }, 'E_LOST'],
    [Object.create(null), 'Error'],
  ]) {
    const rejection = withSpan('walk', () => Promise.reject(value)).then(
      () => 'resolved',
      (thrown: unknown) => ({ thrown }),
    );
    expect(await rejection).toEqual({ thrown: value });
    const span = await recorder.take('walk');
    expect(span.attributes['error.type']).toBe(type);
    expect(span.exceptions).toHaveLength(1);
  }
});

it('runs a lazy thenable once, inside the span', async () => {
  const query = lazyQuery();
  let span: unknown;
  const rows = await withSpan('query', (started) => {
    span = started;
    return query.lazy;
  });
  expect(rows).toBe('rows');
  expect(query.runs).toEqual([span]);
  await recorder.take('query');
});

it('takes span options', async () => {
  withSpan('send', { kind: 3, attributes: { b: 2 } }, () => {});
  const span = await recorder.take('send');
  expect(span).toMatchObject({ kind: 'PRODUCER', attributes: { b: 2 } });
});

it('does nothing for a span that nobody records but to run in its context, lazy thenables once', async () => {
  await context.with(suppressTracing(context.active()), async () => {
    const promise = Promise.resolve('done');
    expect(withSpan('own', () => promise)).toBe(promise);

    let reads = 0;
    const error = Object.defineProperty(new Error('lost'), 'stack', {
      get() {
        reads += 1;
        return 'Error: lost';
      },
    });
    await expect(withSpan('rejects', () => Promise.reject(error))).rejects.toBe(error);
    const throws = () =>
      withSpan('throws', () => {
        throw error;
      });
    expect(throws).toThrow(error);
    expect(reads).toBe(0);

    const query = lazyQuery();
    let span: unknown;
    const rows = withSpan('query', (started) => {
      span = started;
      return query.lazy;
    });
    expect(rows).toBeInstanceOf(Promise);
    expect([await rows, await rows]).toEqual(['rows', 'rows']);
    expect(query.runs).toEqual([span]);
  });
});

/** A query that runs when somebody waits for it, as those of knex do, and the span that was active each time it ran. */
function lazyQuery(): { lazy: PromiseLike<string>; runs: unknown[] } {
  const runs: unknown[] = [];
  const lazy = {} as PromiseLike<string>;
  Reflect.set(lazy, 'then', (resolve: (value: string) => void) => {
    runs.push(trace.getActiveSpan());
    resolve('rows');
  });
  return { lazy, runs };
}
