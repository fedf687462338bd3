import type { Attributes, Context, Link, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';

/**
 * What a span starts with. Its attributes are worked out when a tracer or a sampler asks for them: for a span that is not
 * recorded mostly nobody does, and they are most of what its start costs.
 */
class SpanStart implements SpanOptions {
  readonly kind: SpanKind;
  readonly links: Link[];
  readonly #describe: () => Attributes;
  #attributes: Attributes | undefined;

  constructor(kind: SpanKind, links: Link[], describe: () => Attributes) {
    this.kind = kind;
    this.links = links;
    this.#describe = describe;
  }

  get attributes(): Attributes {
    this.#attributes ??= this.#describe();
    return this.#attributes;
  }

  get isDescribed(): boolean {
    return this.#attributes !== undefined;
  }
}

/** Starts a span whose attributes are worked out only if somebody wants to see them: a sampler, or who records it. */
export function startSpanWith(
  tracer: Tracer,
  name: string,
  kind: SpanKind,
  links: Link[],
  describe: () => Attributes,
  parent: Context,
): Span {
  const start = new SpanStart(kind, links, describe);
  const span = tracer.startSpan(name, start, parent);
  // A tracer that makes a copy of its options does not get what is worked out.
  if (!start.isDescribed && span.isRecording()) span.setAttributes(start.attributes);
  return span;
}

/** The links of a span that has none. Spans share it, so nobody can add to it. */
export const NO_LINKS: Link[] = [];
Object.freeze(NO_LINKS);
