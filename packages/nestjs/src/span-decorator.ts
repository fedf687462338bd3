import type { SpanOptions } from '@opentelemetry/api';
import { withSpan } from '@throughline/core';

/**
 * Runs a method of your own in a span, as `withSpan` does: named `Class.method` unless you say otherwise, active inside
 * it, with what it throws or rejects recorded and rethrown. Other decorators of the method keep working above and below.
 * A method that returns an Observable has a span of the call alone. Throws a `TypeError` on anything but a method.
 *
 * @example
 * \@Span()
 * async price(basket: Basket) { … }
 */
export function Span(name?: string, options: SpanOptions = {}): MethodDecorator {
  return (target, key, descriptor) => {
    const method: unknown = descriptor?.value;
    if (!isMethod(method)) {
      throw new TypeError(`[nestjs] Expected \`@Span()\` to be on a method, got \`${String(key)}\`. Move it to one.`);
    }
    const owner = typeof target === 'function' ? target.name : target.constructor.name;
    const functionName = `${owner}.${String(key)}`;
    const spanName = name ?? functionName;
    const attributes = { 'code.function.name': functionName, ...options.attributes };
    const traced: Method = function (this: unknown, ...args) {
      return withSpan(spanName, { ...options, attributes }, () => method.apply(this, args));
    };
    disguise(traced, method);
    (descriptor as PropertyDescriptor).value = traced;
  };
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

// Nest reads a handler's routes, guards and pipes off the function itself, and frameworks read its name and its arity.
function disguise(traced: Method, method: Method): void {
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(traced, property, { value: method[property], configurable: true });
  }
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), traced);
  }
}
