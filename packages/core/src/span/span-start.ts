import type {
  Attributes,
  AttributeValue,
  Context,
  Link,
  Span,
  SpanKind,
  SpanOptions,
  Tracer,
} from '@opentelemetry/api';

/**
 * Attributes as a list that whoever gets it may keep: name, value, name, value, …, each name once. Of a value that is `undefined`
 * there is nothing to say.
 */
export type AttributeItems = unknown[];

/**
 * What a span starts with. Its attributes are worked out when a tracer or a sampler asks for them: for a span that is not
 * recorded mostly nobody does, and they are most of what its start costs. A tracer that knows lists takes the list, and needs
 * no object; a sampler that knows it asks for one attribute.
 */
class SpanStart<Subject> implements SpanOptions {
  readonly kind: SpanKind;
  readonly links: Link[];
  isDescribed = false;
  readonly #describe: (subject: Subject) => AttributeItems;
  readonly #subject: Subject;
  #items: AttributeItems | undefined;
  #attributes: Attributes | undefined;

  constructor(kind: SpanKind, links: Link[], describe: (subject: Subject) => AttributeItems, subject: Subject) {
    this.kind = kind;
    this.links = links;
    this.#describe = describe;
    this.#subject = subject;
  }

  /** Always the same object, which who stands between may change before a tracer gets it. */
  get attributes(): Attributes {
    this.#attributes ??= attributesOf(this.#known());
    return this.#attributes;
  }

  attribute(name: string): AttributeValue | undefined {
    if (this.#attributes !== undefined) return this.#attributes[name];
    const items = this.#known();
    for (let at = 0; at < items.length; at += 2) if (items[at] === name) return items[at + 1] as AttributeValue;
    return undefined;
  }

  /** The list, for a tracer to keep; nothing where somebody has the object, who may have changed it. */
  takeItems(): AttributeItems | undefined {
    if (this.#attributes !== undefined) return undefined;
    const items = this.#known();
    this.#items = undefined; // it is somebody else's now
    return items;
  }

  #known(): AttributeItems {
    this.isDescribed = true;
    this.#items ??= this.#describe(this.#subject);
    return this.#items;
  }
}

/**
 * Starts a span whose attributes are worked out only if somebody wants to see them: a sampler, or who records it. `describe` is
 * then called with the `subject`.
 */
export function startSpanWith<Subject>(
  tracer: Tracer,
  name: string,
  kind: SpanKind,
  links: Link[],
  describe: (subject: Subject) => AttributeItems,
  subject: Subject,
  parent: Context,
): Span {
  const start = new SpanStart(kind, links, describe, subject);
  const span = tracer.startSpan(name, start, parent);
  // A tracer that makes a copy of its options does not get what is worked out.
  if (!start.isDescribed && span.isRecording()) span.setAttributes(start.attributes);
  return span;
}

/** What is in a list, as an object. */
export function attributesOf(items: AttributeItems): Attributes {
  const attributes: Attributes = {};
  for (let at = 0; at < items.length; at += 2) {
    if (items[at + 1] !== undefined) attributes[items[at] as string] = items[at + 1] as AttributeValue;
  }
  return attributes;
}

/** The list of these attributes. */
export function itemsOf(attributes: Attributes): AttributeItems {
  const items: AttributeItems = [];
  for (const name in attributes) items.push(name, attributes[name]);
  return items;
}

/** The links of a span that has none. Spans share it, so nobody can add to it. */
export const NO_LINKS: Link[] = [];
Object.freeze(NO_LINKS);
