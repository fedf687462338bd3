import { type Context, type Span, trace } from '@opentelemetry/api';
import { REQUEST_SCOPE, type RequestScope } from '../correlation.ts';

/**
 * A context that keeps the span and the request beside everything else: each of them changes with every request and
 * span, and the API's own contexts copy a map for every value that is set.
 */
export class ActiveContext implements Context {
  readonly #span: Span | undefined;
  readonly #scope: RequestScope | undefined;
  /** All other values; what it says of a span or a request does not count. */
  readonly #rest: Context;

  constructor(span: Span | undefined, scope: RequestScope | undefined, rest: Context) {
    this.#span = span;
    this.#scope = scope;
    this.#rest = rest;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span;
    if (key === REQUEST_SCOPE) return this.#scope;
    return this.#rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN) return new ActiveContext(value as Span, this.#scope, this.#rest);
    if (key === REQUEST_SCOPE) return new ActiveContext(this.#span, value as RequestScope, this.#rest);
    return new ActiveContext(this.#span, this.#scope, this.#rest.setValue(key, value));
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN) return new ActiveContext(undefined, this.#scope, this.#rest);
    if (key === REQUEST_SCOPE) return new ActiveContext(this.#span, undefined, this.#rest);
    return new ActiveContext(this.#span, this.#scope, this.#rest.deleteValue(key));
  }

  /** The same context with this span and this request. */
  static of(parent: Context, span: Span, scope: RequestScope | undefined): Context {
    return new ActiveContext(span, scope, parent instanceof ActiveContext ? parent.#rest : parent);
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
