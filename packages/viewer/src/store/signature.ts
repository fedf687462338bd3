import type { Attributes, AttributeValue } from '@throughline/analysis';
import { GramSet } from './gram-set.ts';
import { jsonText } from './json-text.ts';

/** What a search may look for in a span, beside its ids. */
type SignedSpan = {
  readonly name: string;
  readonly statusMessage?: string | undefined;
  readonly attributes: Attributes;
};

/**
 * What can be found in a number of spans: a search passes by those whose signature says that there is nothing for it.
 * Values that come again and again are looked at once.
 */
export class Signature {
  readonly #grams = new GramSet();
  readonly #texts = new Set<string>();
  readonly #pairs = new Map<string, Set<AttributeValue>>();
  readonly #sources = new Set<number>();
  spans = 0;

  /** Adds a span; `text` is its attributes as they are stored. */
  addSpan({ name, statusMessage, attributes }: SignedSpan, text: string): void {
    this.spans += 1;
    this.#addText(name);
    if (statusMessage !== undefined) this.#addText(statusMessage);
    if (this.#isNew(text)) this.#addPairs(attributes);
  }

  /** Adds what spans of a source share. */
  addSource(id: number, { service, attributes }: { readonly service: string; readonly attributes: Attributes }): void {
    if (this.#sources.has(id)) return;
    this.#sources.add(id);
    this.#addText(service);
    this.#addPairs(attributes);
  }

  /** What is kept of it; nothing if it has too much to tell anything. */
  bytes(): Uint8Array | undefined {
    return this.#grams.bytes();
  }

  clear(): void {
    this.#grams.clear();
    this.#texts.clear();
    this.#pairs.clear();
    this.#sources.clear();
    this.spans = 0;
  }

  #addText(text: string): void {
    if (this.#isNew(text)) this.#grams.add(text);
  }

  #isNew(text: string): boolean {
    if (this.#texts.has(text)) return false;
    this.#texts.add(text);
    return true;
  }

  #addPairs(attributes: Attributes): void {
    for (const key in attributes) {
      const value = attributes[key] as AttributeValue;
      let values = this.#pairs.get(key);
      if (values === undefined) {
        values = new Set();
        this.#pairs.set(key, values);
      }
      if (values.has(value)) continue;
      if (typeof value !== 'object') values.add(value);
      this.#grams.add(pairText(key, value));
    }
  }
}

/** An attribute as it stands in the JSON of all, and what is after it there: a comma, or what counts as one. */
export function pairText(key: string, value: AttributeValue): string {
  const isText = typeof value === 'number' && !Number.isFinite(value);
  return `${keyText(key)}${jsonText(isText ? `${value}` : value)},`;
}

/** The key of an attribute as it stands there. */
export function keyText(key: string): string {
  return `${jsonText(key)}:`;
}
