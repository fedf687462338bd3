import { type Attributes, type AttributeValue, type Context, SpanKind } from '@opentelemetry/api';

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** What has attributes, or works them out when it is asked for them. */
export type Described = {
  readonly attributes?: Attributes | undefined;
  attribute?(name: string): AttributeValue | undefined;
};

/**
 * A trace that is about to begin, as rules see it: its first span at its start. Nothing of it is random, because a ratio
 * that depends on the trace id would make the share that a kept trace states a lie.
 */
export class Candidate {
  readonly name: string;
  readonly kind: SpanKind;
  /** With the baggage of the request. */
  readonly context: Context;
  readonly #start: Described;

  /** @param start what the span starts with; its attributes are not asked for before a rule does */
  constructor(name: string, kind: SpanKind, start: Described, context: Context) {
    this.name = name;
    this.kind = kind;
    this.context = context;
    this.#start = start;
  }

  /** What is known when the span starts; never its status, its duration or its error. */
  get attributes(): Attributes {
    return this.#start.attributes ?? NO_ATTRIBUTES;
  }

  /** The method of a request that is served. */
  get method(): string | undefined {
    return served(
      this.kind,
      attributeOf(this.#start, 'http.request.method') ?? attributeOf(this.#start, 'http.method'),
    );
  }

  /** The route template of a request that is served, where the framework knows it at the start, as Fastify does. */
  get route(): string | undefined {
    return served(this.kind, attributeOf(this.#start, 'http.route'));
  }

  /** The path of a request that is served, without its query. */
  get path(): string | undefined {
    const path = served(this.kind, attributeOf(this.#start, 'url.path'));
    // What instrumentations of the older conventions record has a query.
    return path ?? served(this.kind, attributeOf(this.#start, 'http.target'))?.split('?', 1)[0];
  }
}

// No private methods: those cost something whenever an object is made.
function attributeOf(start: Described, name: string): AttributeValue | undefined {
  return start.attribute === undefined ? start.attributes?.[name] : start.attribute(name);
}

function served(kind: SpanKind, value: AttributeValue | undefined): string | undefined {
  return kind === SpanKind.SERVER && typeof value === 'string' ? value : undefined;
}
