import { gramHashes } from '../store/gram-set.ts';
import { keyText, pairText } from '../store/signature.ts';
import type { Field, SpanFilter } from './filter.ts';

/** What has to be in a text for a filter to find something: pieces by their hashes, or an id. Empty `and`: nothing is known. */
export type Needles =
  | { readonly is: 'grams'; readonly hashes: readonly number[] }
  | { readonly is: 'id'; readonly id: string }
  | { readonly is: 'and' | 'or'; readonly items: readonly Needles[] };

/** More pieces of one text tell nothing that these do not. */
const MAX_HASHES = 32;

const ANYWHERE: Needles = { is: 'and', items: [] };

/** What has to be in the signature of spans for a filter to find one of them. */
export function needlesOf(filter: SpanFilter): Needles {
  switch (filter.is) {
    case 'and':
      return allOf(filter.items.map(needlesOf));
    case 'or':
      return anyOf(filter.items.map(needlesOf));
    case 'present':
      return filter.field.of === 'attribute' ? grams(keyText(filter.field.key)) : ANYWHERE;
    case 'text':
      return /^[\da-f]{16}([\da-f]{16})?$/i.test(filter.text)
        ? anyOf([{ is: 'id', id: filter.text }, words(filter.text)])
        : words(filter.text);
    case 'compare':
      return filter.field.of === 'attribute'
        ? ofAttribute(filter.field, filter.by === '=' ? filter.value : undefined)
        : filter.by === '=' && ['name', 'service', 'statusMessage'].includes(filter.field.of)
          ? grams(String(filter.value))
          : ANYWHERE;
    default:
      return ANYWHERE;
  }
}

/** How many pieces of text are to be looked for. */
export function hashCount(needles: Needles): number {
  if (needles.is === 'id') return 0;
  return needles.is === 'grams' ? needles.hashes.length : needles.items.reduce((sum, item) => sum + hashCount(item), 0);
}

/** Whether anything is known of what has to be there. */
export function isKnown(needles: Needles): boolean {
  return needles.is !== 'and' || needles.items.length > 0;
}

function ofAttribute({ key }: Extract<Field, { of: 'attribute' }>, value: string | number | boolean | undefined) {
  // What looks like a list, or has quotes, may be written in more than one way.
  if (value === undefined || /["\\[{]/.test(String(value))) return grams(keyText(key));
  const text = String(value);
  const asText = pairText(key, text);
  const bare = `${keyText(key)}${text},`;
  const inLists = allOf([words(text), anyOf([grams(`${keyText(key)}[`), grams(`${keyText(key)}"[`)])]);
  return anyOf([grams(asText), grams(bare), inLists]);
}

// Signs of JSON stand between values, where what a word is made of does not; others are escaped there.
function words(text: string): Needles {
  return allOf(text.split(/[^\x20-\x7e]|["\\{}[\],:]/).map(grams));
}

function grams(text: string): Needles {
  const all = gramHashes(text);
  const step = Math.ceil(all.length / MAX_HASHES);
  return all.length === 0 ? ANYWHERE : { is: 'grams', hashes: all.filter((_, at) => at % step === 0) };
}

function allOf(items: readonly Needles[]): Needles {
  const known = items.filter(isKnown);
  return known.length === 1 ? (known[0] as Needles) : { is: 'and', items: known };
}

/** What has to be there for one of several filters to find something. */
export function anyOf(items: readonly Needles[]): Needles {
  if (items.length === 0 || !items.every(isKnown)) return ANYWHERE;
  return items.length === 1 ? (items[0] as Needles) : { is: 'or', items };
}
