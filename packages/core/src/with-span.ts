import { type Context, context, type Span, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api';
import { errorMessage, errorType, recordException } from './failure.ts';
import { VERSION } from './version.ts';

/**
 * Runs a function in a new span that is active inside it, also across `await`. What the function throws or rejects
 * with is recorded on the span and rethrown, the same object; the span always ends.
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
  const span = trace.getTracer('@throughline/core', VERSION).startSpan(name, options);
  const spanContext = trace.setSpan(context.active(), span);
  let result: Result;
  try {
    result = context.with(spanContext, run, undefined, span);
  } catch (thrown) {
    fail(span, thrown);
    throw thrown;
  }
  if (isThenable(result)) return endWhenSettled(inContext(spanContext, result), span) as Result;
  span.end();
  return result;
}

// A query builder starts its work when it is awaited: that has to happen inside the span, and once.
function inContext(spanContext: Context, thenable: PromiseLike<unknown>): Promise<unknown> {
  return thenable instanceof Promise ? thenable : context.with(spanContext, () => Promise.resolve(thenable));
}

function endWhenSettled(promise: Promise<unknown>, span: Span): Promise<unknown> {
  return promise.then(
    (value) => {
      span.end();
      return value;
    },
    (thrown) => {
      fail(span, thrown);
      throw thrown;
    },
  );
}

function fail(span: Span, thrown: unknown): void {
  recordException(span, thrown);
  span.setAttribute('error.type', errorType(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(thrown) });
  span.end();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
