import type { Span, SpanOptions } from '@opentelemetry/api';
import { context } from '../context/registered-api.ts';
import { failSpan, type OpenSpan, openSpan } from './open-span.ts';
import { followGenerator, isGenerator } from './span-generator.ts';
import { isThenable, promiseIn } from './thenable.ts';

/**
 * Runs a function in a new span that is active inside it, also across `await`. What the function throws or rejects
 * with is recorded on the span and rethrown, the same object; the span always ends. That of a function that returns a
 * generator ends with the generator, be it by its last value, an error, or a loop that is left early.
 *
 * @example
 * const total = await withSpan('price basket', async (span) => {
 *   span.setAttribute('basket.items', items.length);
 *   return price(items);
 * });
 */
export function withSpan<Result>(name: string, run: (span: Span) => Result): Result;
export function withSpan<Result>(name: string, options: SpanOptions, run: (span: Span) => Result): Result;
export function withSpan<Result>(
  name: string,
  second: SpanOptions | ((span: Span) => Result),
  third?: (span: Span) => Result,
): Result {
  const [options, run] = typeof second === 'function' ? [{}, second] : [second, third as (span: Span) => Result];
  return runInSpan(openSpan(name, options), run);
}

/** Runs a function in a span, which ends when what the function does is over; see `withSpan`. */
export function runInSpan<Result>(open: OpenSpan, run: (span: Span) => Result): Result {
  const isRecorded = open.span.isRecording();
  let result: Result;
  try {
    result = context.with(open.context, run, undefined, open.span);
  } catch (thrown) {
    failSpan(open.span, thrown);
    throw thrown;
  }
  if (isThenable(result)) {
    const promise = promiseIn(open.context, result);
    // Where nobody records, the end of the span is of no interest, and one promise less is made.
    return (isRecorded ? endWhenSettled(promise, open.span) : promise) as Result;
  }
  if (isGenerator(result)) return followGenerator(result, open);
  open.span.end();
  return result;
}

function endWhenSettled(promise: Promise<unknown>, span: Span): Promise<unknown> {
  return promise.then(
    (value) => {
      span.end();
      return value;
    },
    (thrown) => {
      failSpan(span, thrown);
      throw thrown;
    },
  );
}
