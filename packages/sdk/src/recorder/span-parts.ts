import type { SpanContext } from '@opentelemetry/api';
import type { AttributeList } from './attribute-list.ts';
import type { SpanTime } from './span-time.ts';

export type RecordedEvent = { readonly name: string; readonly time: SpanTime; readonly attributes: AttributeList };
export type RecordedLink = { readonly context: SpanContext; readonly attributes: AttributeList };

/** Appends within a limit, at the cost of the oldest; returns how many were dropped. */
export function keepLast<Item>(list: Item[], item: Item, limit: number): number {
  if (limit === 0) return 1;
  list.push(item);
  if (list.length <= limit) return 0;
  list.shift();
  return 1;
}
