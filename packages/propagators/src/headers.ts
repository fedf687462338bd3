import type { TextMapGetter } from '@opentelemetry/api';

/** The one value of a header. A header that is missing, repeated or no text counts as missing. */
export function readHeader<Carrier>(
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
  name: string,
): string | undefined {
  const value = getter.get(carrier, name);
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof only === 'string' ? only : undefined;
}

/** The lines of a header that is a list, in one string as RFC 9110 section 5.3 joins them. */
export function readListHeader<Carrier>(
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
  name: string,
): string | undefined {
  const value: unknown = getter.get(carrier, name);
  if (Array.isArray(value)) return value.filter((line) => typeof line === 'string').join(',');
  return typeof value === 'string' ? value : undefined;
}

const SPACE = 32;
const TAB = 9;

/** The text from `start` to `end` without the spaces and tabs around it: `OWS` in RFC 9110 section 5.6.3. */
export function trimSlice(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
