import type { Attributes, AttributeValue } from '@throughline/analysis';
import { GramSet } from './gram-set.ts';
import { jsonText } from './json-text.ts';

/** What a search may look for in a span, beside its ids. */
type SignedSpan = {
  readonly name: string;
  readonly statusMessage?: string | undefined;
  readonly attributes: Attributes;
};

/** A power of two. */
const LATELY = 256;

/**
 * What can be found in a number of spans: a search passes by those whose signature says that there is nothing for it.
 * Values that come again and again are looked at once.
 */
export class Signature {
  readonly #grams = new GramSet();
  readonly #texts = new Set<string>();
  /** Attributes that were seen lately, each where its length and some characters put it. */
  readonly #lately: string[] = new Array(LATELY).fill('');
  readonly #pairs = new Map<string, Set<AttributeValue>>();
  readonly #sources = new Set<number>();
  spans = 0;

  /** Adds a span; `text` is its attributes as they are stored. */
  addSpan({ name, statusMessage, attributes }: SignedSpan, text: string): void {
    this.spans += 1;
    this.#addText(name);
    if (statusMessage !== undefined) this.#addText(statusMessage);
    // All would be as long as the spans themselves, and kept as long as the signature grows.
    const place = placeOf(text);
    if (this.#lately[place] === text) return;
    this.#lately[place] = text;
    this.#addPairs(attributes);
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
    this.#lately.fill('');
    this.#pairs.clear();
    this.#sources.clear();
    this.spans = 0;
  }

  #addText(text: string): void {
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#grams.add(text);
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

function placeOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let part = 1; part < 8; part++) hash = Math.imul(hash, 31) + text.charCodeAt((length * part) >> 3);
  return hash & (LATELY - 1);
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
