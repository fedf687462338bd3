import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  diag,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { BaggageEntries } from './baggage-entries.ts';
import { readListHeader, trimSlice } from './headers.ts';
import { percentDecode, percentEncode } from './percent-encoding.ts';
import { isSuppressed } from './remote-trace.ts';

/** The largest `baggage` header that is read and written, in bytes. */
export const MAX_BAGGAGE_BYTES = 8192;
/** The most members that are read and written; W3C demands 64. */
export const MAX_BAGGAGE_MEMBERS = 512;

/**
 * Reads and writes the W3C `baggage` header. What does not fit into 8,192 bytes or 512 members is left out, always by
 * whole members; members that break the format are skipped. The last one of members with the same key counts.
 *
 * @see https://www.w3.org/TR/baggage/
 */
export class BaggagePropagator implements TextMapPropagator {
  /** Writes the baggage of the context, in its order, if there is any. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = propagation.getBaggage(context);
    if (baggage === undefined || isSuppressed(context)) return;
    const header = formatBaggage(baggage.getAllEntries());
    if (header !== '') setter.set(carrier, 'baggage', header);
  }

  /** A context with the inbound baggage, or the same context if there is none. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = readListHeader(carrier, getter, 'baggage');
    const entries = header === undefined ? [] : parseBaggage(header);
    return entries.length === 0 ? context : propagation.setBaggage(context, new BaggageEntries(entries));
  }

  /** The header that `inject` may write. */
  fields(): string[] {
    return ['baggage'];
  }
}

/** The members of a `baggage` header, in their order. Reads no further than 8,192 characters. */
function parseBaggage(header: string): [string, BaggageEntry][] {
  const entries: [string, BaggageEntry][] = [];
  for (let start = 0; start < header.length && entries.length < MAX_BAGGAGE_MEMBERS; ) {
    const comma = header.slice(start, MAX_BAGGAGE_BYTES + 1).indexOf(',');
    const end = comma < 0 ? header.length : start + comma;
    if (end > MAX_BAGGAGE_BYTES) break;
    const entry = parseMember(header, start, end);
    if (entry !== undefined) entries.push(entry);
    start = end + 1;
  }
  return entries;
}

/** The `baggage` header for these entries. */
function formatBaggage(entries: readonly [string, BaggageEntry][]): string {
  const members: string[] = [];
  let length = -1;
  for (const [key, entry] of entries) {
    if (members.length === MAX_BAGGAGE_MEMBERS) break;
    const member = formatMember(key, entry);
    if (member === undefined || length + 1 + member.length > MAX_BAGGAGE_BYTES) {
      diag.debug(`[propagators] Baggage entry left out: its key is no HTTP token or it does not fit.`);
      continue;
    }
    members.push(member);
    length += 1 + member.length;
  }
  return members.join(',');
}

// token = 1*tchar; value = *baggage-octet: no controls, blanks, quotes, commas, semicolons, backslashes
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const VALUE = /^[!#-+\--:<-[\]-~]*$/;

/** Whether this can be the key of a baggage member, and the end of a header's name. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

// list-member = key OWS "=" OWS value *( OWS ";" OWS property )
function parseMember(header: string, start: number, end: number): [string, BaggageEntry] | undefined {
  const [pair = '', ...properties] = header.slice(start, end).split(';');
  const equals = pair.indexOf('=');
  if (equals < 0) return undefined;
  const key = trimSlice(pair, 0, equals);
  const value = trimSlice(pair, equals + 1, pair.length);
  if (!TOKEN.test(key) || !VALUE.test(value)) return undefined;
  const metadata = normalizeProperties(properties);
  if (metadata === undefined) return undefined;
  const entry = { value: percentDecode(value) };
  return [key, metadata === '' ? entry : { ...entry, metadata: baggageEntryMetadataFromString(metadata) }];
}

function formatMember(key: string, { value, metadata }: BaggageEntry): string | undefined {
  if (!TOKEN.test(key)) return undefined;
  const properties = metadata === undefined ? '' : normalizeProperties(metadata.toString().split(';'));
  return `${key}=${percentEncode(value)}${properties ? `;${properties}` : ''}`;
}

// property = key OWS "=" OWS value / key OWS, kept as they are encoded; `undefined` if one of them is none.
function normalizeProperties(properties: readonly string[]): string | undefined {
  const normalized: string[] = [];
  for (const property of properties) {
    const equals = property.indexOf('=');
    const key = trimSlice(property, 0, equals < 0 ? property.length : equals);
    const value = equals < 0 ? undefined : trimSlice(property, equals + 1, property.length);
    if (key === '' && value === undefined) continue; // as after a semicolon at the end
    if (!TOKEN.test(key) || (value !== undefined && !VALUE.test(value))) return undefined;
    normalized.push(value === undefined ? key : `${key}=${value}`);
  }
  return normalized.join(';');
}
