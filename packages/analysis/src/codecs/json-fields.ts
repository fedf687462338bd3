import { TraceFormatError } from './trace-format-error.ts';

/** An object of JSON whose fields are not known to be what they should be. */
export type Fields = { readonly [key: string]: unknown };

/** The JSON in a text, or what was given if that is none. */
export function parseJson(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  // Times and integers that were written as plain numbers keep all their digits as text. A name between two quotes and a
  // colon is a key, as a quote within a string has a backslash.
  const exact = json.replace(/"(\w*UnixNano|intValue)"(\s*:\s*)(-?\d{16,})(?=[\s,}\]])/g, '"$1"$2"$3"');
  try {
    // A byte order mark counts as white space here, and not in JSON.
    return JSON.parse(exact.trim());
  } catch (error) {
    throw new TraceFormatError(`Expected JSON: ${(error as Error).message}`);
  }
}

/** The fields of an object; of what is missing, none. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TraceFormatError(`Expected ${name} to be an object, got ${typeNameOf(value)}.`);
  return value;
}

/** The first of the fields that is there. */
export function firstOf(fields: Fields, ...names: readonly string[]): unknown {
  return names.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
}

/** The items of an array; of what is missing, none. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TraceFormatError(`Expected ${name} to be an array, got ${typeNameOf(value)}.`);
  return value;
}

/** A text; what is none counts as missing. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text that is not empty. */
export function someText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A count that is not 0, from a number or its text. */
export function someCount(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number <= 0xffffffff ? Math.trunc(number) : undefined;
}

/** A time of at most 64 bits, from a number or its text; 0, which means unknown, for anything else. */
export function timeOf(value: unknown): bigint {
  if (typeof value === 'number' && value > 0 && value < 2 ** 64) return BigInt(Math.trunc(value));
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return 0n;
  const time = BigInt(value);
  return time < 2n ** 64n ? time : 0n;
}

/** Nanoseconds from microseconds as a number or its text; 0, which means unknown, for anything else. */
export function timeOfMicros(value: unknown): bigint {
  const time = timeOf(value) * 1000n;
  return time < 2n ** 64n ? time : 0n;
}

/** An id of hexadecimal digits in lower case, padded with zeros on the left; empty if it is none. */
export function hexIdOf(value: unknown, size: 16 | 32): string {
  if (typeof value !== 'string' || value === '' || value.length > size || !/^[\da-fA-F]+$/.test(value)) return '';
  return value.toLowerCase().padStart(size, '0');
}

/** The JSON of what was parsed. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    throw new TraceFormatError('Expected values that nest less deeply.');
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What something is that should be something else. */
export function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
