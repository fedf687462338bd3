import { addTo } from './collections.ts';
import { greatestDeviations, shareDifference } from './significance.ts';
import type { Attributes, Resource, Span } from './span.ts';

/** A value of an attribute that is more frequent, or rarer, among the spans at hand than among others. */
export type DifferingAttribute = {
  readonly key: string;
  readonly value: string;
  /** The share of the spans at hand that have it, from 0 to 1. */
  readonly current: number;
  /** The share of the others. */
  readonly baseline: number;
  /** By how many standard deviations these differ, negative where it is rarer. */
  readonly deviations: number;
};

/** Attributes with more values than this are ids, which always differ. */
const MAX_VALUES = 1000;
const MAX_KEYS = 10_000;

/**
 * What sets spans apart from others, such as the slow or failed ones of an operation from the rest: attributes of the spans
 * and of their resources whose values are more frequent or rarer than chance explains, the most telling first.
 */
export function differingAttributes(current: Iterable<Span>, baseline: Iterable<Span>): DifferingAttribute[] {
  const counts = new Map<string, Map<string, [number, number]>>();
  const totals = [count(counts, current, 0), count(counts, baseline, 1)] as const;
  const found: DifferingAttribute[] = [];
  for (const [key, values] of counts) {
    if (values.size > MAX_VALUES) continue;
    for (const [value, [own, others]] of values) {
      const deviations = shareDifference(own, totals[0], others, totals[1]);
      found.push({ key, value, current: own / totals[0], baseline: others / totals[1], deviations });
    }
  }
  return greatestDeviations(found, found.length, textOf);
}

type Counts = Map<string, Map<string, [number, number]>>;

function count(counts: Counts, spans: Iterable<Span>, side: 0 | 1): number {
  const resources = new Map<Resource, number>();
  let total = 0;
  for (const { attributes, resource } of spans) {
    total += 1;
    add(counts, attributes, side, 1);
    addTo(resources, resource, 1);
  }
  for (const [resource, times] of resources) add(counts, resource.attributes, side, times);
  return total;
}

function add(counts: Counts, attributes: Attributes, side: 0 | 1, times: number): void {
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    let values = counts.get(key);
    if (values === undefined) {
      if (counts.size >= MAX_KEYS) continue;
      values = new Map();
      counts.set(key, values);
    }
    const text = String(value);
    const both = values.get(text);
    if (both !== undefined) both[side] += times;
    else if (values.size <= MAX_VALUES) values.set(text, side === 0 ? [times, 0] : [0, times]);
  }
}

function textOf({ key, value }: DifferingAttribute): string {
  return `${key}\n${value}`;
}
