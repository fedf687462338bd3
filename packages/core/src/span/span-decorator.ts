import type { SpanOptions } from '@opentelemetry/api';
import { type AnyFunction, inSpan } from './traced.ts';

/** A decorator of methods, of either kind: the standard one, and TypeScript's and Nest's `experimentalDecorators`. */
export type SpanDecorator = {
  <Method extends AnyFunction>(method: Method, context: ClassMethodDecoratorContext): Method;
  <Method>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void;
};

/**
 * Runs a method of your own in a span, as `withSpan` does: named `Class.method` unless you say otherwise, active inside
 * it, with what it throws or rejects recorded and rethrown. Generators are followed to their end. Other decorators of
 * the method keep working above and below. A method that returns an Observable has a span of the call alone. Throws a
 * `TypeError` on anything but a method.
 *
 * @example
 * \@Span()
 * async price(basket: Basket) { … }
 */
export function Span(name?: string, options: SpanOptions = {}): SpanDecorator {
  const decorate = (
    target: unknown,
    place: string | symbol | ClassMethodDecoratorContext,
    descriptor?: PropertyDescriptor,
  ): AnyFunction | undefined => {
    if (typeof place === 'object') {
      if (place.kind !== 'method' || typeof target !== 'function') throw noMethod(place.name);
      return tracedMethod(target as AnyFunction, place.name, undefined, name, options);
    }
    const method: unknown = descriptor?.value;
    if (descriptor === undefined || typeof method !== 'function') throw noMethod(place);
    const owner = typeof target === 'function' ? target.name : Object(target).constructor.name;
    descriptor.value = tracedMethod(method as AnyFunction, place, owner, name, options);
    return undefined;
  };
  return decorate as SpanDecorator;
}

function noMethod(place: string | symbol | undefined): TypeError {
  return new TypeError(`[core] Expected \`@Span()\` to be on a method, got \`${String(place)}\`. Move it to one.`);
}

function tracedMethod(
  method: AnyFunction,
  key: string | symbol,
  owner: string | undefined,
  name: string | undefined,
  options: SpanOptions,
): AnyFunction {
  let functionName: string | undefined;
  let complete: SpanOptions | undefined;
  // A standard decorator runs before there is a class.
  const nameFor = (self: unknown): string =>
    (functionName ??= `${owner ?? ownerOf(self, key, wrapper)}.${String(key)}`);
  const optionsFor = (self: unknown): SpanOptions =>
    (complete ??= { ...options, attributes: { 'code.function.name': nameFor(self), ...options.attributes } });
  const wrapper: AnyFunction = inSpan(method, (self) => name ?? nameFor(self), optionsFor);
  return wrapper;
}

// The class that has the method, not one that inherits it.
function ownerOf(self: unknown, key: string | symbol, method: unknown): string {
  for (let holder: unknown = self; holder !== null && holder !== undefined; holder = Object.getPrototypeOf(holder)) {
    if (Object.getOwnPropertyDescriptor(holder, key)?.value !== method) continue;
    return typeof holder === 'function' ? holder.name : (holder as object).constructor.name;
  }
  return Object(self).constructor?.name ?? 'anonymous';
}
