import type { SpanOptions } from '@opentelemetry/api';
import { openSpan } from './open-span.ts';
import { followGenerator, isGeneratorFunction } from './span-generator.ts';
import { runInSpan } from './with-span.ts';

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * Makes a function that does the same in a span, each time it is called, as with `withSpan`; named like the function
 * unless you say otherwise. It takes the same arguments and `this`, and returns the same: a value, a promise, or a
 * generator, whose span begins with the first step and ends with the last. Throws a `TypeError` where there is no name.
 *
 * @example
 * const price = traced(async function price(basket: Basket) { … });
 * const rows = traced('read rows', { kind: SpanKind.INTERNAL }, async function* (path: string) { … });
 */
export function traced<Traced extends AnyFunction>(fn: Traced): Traced;
export function traced<Traced extends AnyFunction>(name: string, fn: Traced): Traced;
export function traced<Traced extends AnyFunction>(name: string, options: SpanOptions, fn: Traced): Traced;
export function traced<Traced extends AnyFunction>(...given: readonly unknown[]): Traced {
  const fn = given.at(-1) as Traced;
  if (typeof fn !== 'function') {
    throw new TypeError(`[core] Expected \`traced\` to get a function, got ${fn === null ? 'null' : typeof fn}.`);
  }
  const name = typeof given[0] === 'string' ? given[0] : fn.name;
  if (name === '') {
    throw new TypeError('[core] Expected the function to have a name. Give one: `traced("read rows", fn)`.');
  }
  const options = given.length === 3 ? (given[1] as SpanOptions) : {};
  return inSpan(
    fn,
    () => name,
    () => options,
  );
}

/** The function in a span whose name and options are asked for at each call, with its `this`. */
export function inSpan<Traced extends AnyFunction>(
  fn: Traced,
  name: (self: unknown) => string,
  options: (self: unknown) => SpanOptions,
): Traced {
  const lazy = isGeneratorFunction(fn);
  const call = fn as unknown as (...args: unknown[]) => unknown;
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    const open = () => openSpan(name(this), options(this));
    return lazy ? followGenerator(call.apply(this, args), open) : runInSpan(open(), () => call.apply(this, args));
  };
  disguise(wrapper, fn);
  return wrapper as unknown as Traced;
}

type Metadata = {
  getMetadataKeys?(target: object): unknown[];
  getMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
};

// Frameworks read a function's name and arity; Nest reads a handler's routes, guards and pipes off it, by
// `reflect-metadata`, which is there or not.
function disguise(wrapper: object, fn: AnyFunction): void {
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(wrapper, property, { value: fn[property], configurable: true });
  }
  const { getMetadataKeys, getMetadata, defineMetadata } = Reflect as Metadata;
  for (const key of getMetadataKeys?.(fn) ?? []) defineMetadata?.(key, getMetadata?.(key, fn), wrapper);
}
