import { type Context, context } from '@opentelemetry/api';

/** Whether a function answered with something to wait for: a promise, or an object that is one to `await`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * The promise of a thenable whose work runs in this context: a query builder starts when it is awaited, which has to
 * happen there, and once.
 */
export function promiseIn(workContext: Context, thenable: PromiseLike<unknown>): Promise<unknown> {
  return thenable instanceof Promise ? thenable : context.with(workContext, () => Promise.resolve(thenable));
}
