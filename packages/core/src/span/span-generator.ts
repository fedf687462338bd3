import { context } from '@opentelemetry/api';
import { failSpan, type OpenSpan } from './open-span.ts';

type AnyGenerator = Generator | AsyncGenerator;
type Step = IteratorResult<unknown> | Promise<IteratorResult<unknown>>;

/** Whether a value is a generator, which runs as it is asked for values; arrays and streams are none. */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null || !('next' in value)) return false;
  return /^\[object (?:Async)?Generator\]$/.test(Object.prototype.toString.call(value));
}

/** Whether calling a function makes a generator and runs nothing yet. */
export function isGeneratorFunction(value: unknown): boolean {
  return /^\[object (?:Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(value));
}

/**
 * A generator like the given one whose every step runs in the span. The span ends with the last value, with what the
 * generator throws, or when a loop over it is left. A function opens the span at the first step, so that a generator
 * that nobody iterates has none.
 */
export function followGenerator<Result>(given: Result, span: OpenSpan | (() => OpenSpan)): Result {
  const generator = given as AnyGenerator;
  let open = typeof span === 'function' ? undefined : span;
  let over = false;

  const end = (step: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (step.done === true && !over) {
      over = true;
      open?.span.end();
    }
    return step;
  };
  const fail = (thrown: unknown): never => {
    if (!over && open !== undefined) failSpan(open.span, thrown);
    over = true;
    throw thrown;
  };
  const step = (name: 'next' | 'return' | 'throw', args: unknown[]): Step => {
    if (!over && name === 'next' && typeof span === 'function') open ??= span();
    const run = generator[name] as (...values: unknown[]) => Step;
    let result: Step;
    try {
      result =
        open === undefined || over ? run.apply(generator, args) : context.with(open.context, run, generator, ...args);
    } catch (thrown) {
      return fail(thrown);
    }
    return result instanceof Promise ? result.then(end, fail) : end(result);
  };

  // The prototype has the rest: the iterator itself, its helpers, disposal.
  return Object.defineProperties(Object.create(Object.getPrototypeOf(generator)), {
    next: { value: (...args: unknown[]) => step('next', args) },
    return: { value: (...args: unknown[]) => step('return', args) },
    throw: { value: (...args: unknown[]) => step('throw', args) },
  }) as Result;
}
