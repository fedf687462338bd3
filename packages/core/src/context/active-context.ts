import { type Context, createContextKey, type Span, trace } from '@opentelemetry/api';
import { REQUEST_SCOPE, type RequestScope } from '../correlation.ts';

/** The key of the outgoing HTTP call that code in a context is part of. */
export const WIRE = createContextKey('throughline.wire');

/**
 * A context that keeps the span, the request and the outgoing call beside everything else: each of them changes with every
 * request, span or call, and the API's own contexts copy a map for every value that is set.
 */
export class ActiveContext implements Context {
  readonly #span: Span | undefined;
  readonly #scope: RequestScope | undefined;
  readonly #wire: unknown;
  /** All other values; what it says of the span and the request does not count. */
  readonly #rest: Context;

  constructor(span: Span | undefined, scope: RequestScope | undefined, wire: unknown, rest: Context) {
    this.#span = span;
    this.#scope = scope;
    this.#wire = wire;
    this.#rest = rest;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span;
    if (key === REQUEST_SCOPE) return this.#scope;
    if (key === WIRE && this.#wire !== undefined) return this.#wire;
    return this.#rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN) return new ActiveContext(value as Span, this.#scope, this.#wire, this.#rest);
    if (key === REQUEST_SCOPE) return new ActiveContext(this.#span, value as RequestScope, this.#wire, this.#rest);
    if (key === WIRE) return new ActiveContext(this.#span, this.#scope, value, this.#rest);
    return new ActiveContext(this.#span, this.#scope, this.#wire, this.#rest.setValue(key, value));
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN || key === REQUEST_SCOPE) return this.setValue(key, undefined);
    const wire = key === WIRE ? undefined : this.#wire;
    return new ActiveContext(this.#span, this.#scope, wire, this.#rest.deleteValue(key));
  }

  /** The same context with this span and this request. */
  static of(parent: Context, span: Span, scope: RequestScope | undefined): Context {
    return parent instanceof ActiveContext
      ? new ActiveContext(span, scope, parent.#wire, parent.#rest)
      : new ActiveContext(span, scope, undefined, parent);
  }
}

/** The context with this span as the active one. */
export function withActiveSpan(parent: Context, span: Span): Context {
  return ActiveContext.of(parent, span, parent.getValue(REQUEST_SCOPE) as RequestScope | undefined);
}

const SPAN = spanKey();

// Asked for rather than written down: the API keeps its name to itself.
function spanKey(): symbol | undefined {
  let key: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: () => probe,
    deleteValue(asked) {
      key = asked;
      return probe;
    },
  };
  trace.deleteSpan(probe);
  return key;
}
