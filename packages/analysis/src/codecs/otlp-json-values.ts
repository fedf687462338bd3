import type { AttributeValue, Resource, Scope } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';
import { bytesOfBase64 } from './base64.ts';
import { hexOf } from './hex.ts';
import { fieldsOf, hexIdOf, listOf, textOf } from './json-fields.ts';
import { MAX_DEPTH, resourceOf, scopeOf } from './otlp-names.ts';
import { TraceFormatError } from './trace-format-error.ts';

/** Reads a `Resource`. */
export function resourceFrom(value: unknown): Resource {
  return resourceOf(attributesFrom(fieldsOf(value, 'resource').attributes));
}

/** Reads an `InstrumentationScope`; its attributes are not kept. */
export function scopeFrom(value: unknown): Scope | undefined {
  const { name, version } = fieldsOf(value, 'scope');
  return scopeOf(textOf(name), textOf(version));
}

/** Reads a list of `KeyValue`; of several with one key the last one counts. */
export function attributesFrom(value: unknown, depth = 0): AttributeBag {
  const attributes = newBag();
  for (const item of listOf(value, 'attributes')) {
    const { key, value } = fieldsOf(item, 'an attribute');
    attributes[textOf(key)] = valueFrom(value, depth);
  }
  return attributes;
}

/** Reads an `AnyValue`; one without a known value is null. */
export function valueFrom(value: unknown, depth = 0): AttributeValue {
  if (depth > MAX_DEPTH) throw new TraceFormatError(`Expected values of at most ${MAX_DEPTH} levels.`);
  const fields = fieldsOf(value, 'the value of an attribute');
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = fields;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined && intValue !== null) return integerFrom(intValue);
  if (doubleValue !== undefined && doubleValue !== null) return doubleFrom(doubleValue);
  if (arrayValue !== undefined && arrayValue !== null) {
    const { values } = fieldsOf(arrayValue, 'arrayValue');
    return listOf(values, 'arrayValue.values').map((item) => valueFrom(item, depth + 1));
  }
  if (kvlistValue !== undefined && kvlistValue !== null) {
    return attributesFrom(fieldsOf(kvlistValue, 'kvlistValue').values, depth + 1);
  }
  return typeof bytesValue === 'string' ? bytesValue : null;
}

/**
 * Reads an id. OTLP has hexadecimal digits; base64, protobuf's way, is recognized by its length, as some back ends
 * (Tempo) answer with it.
 */
export function idFrom(value: unknown, size: 16 | 32): string {
  if (typeof value !== 'string' || value.length !== (size === 16 ? 12 : 24)) return hexIdOf(value, size);
  const bytes = bytesOfBase64(value);
  return bytes === undefined || bytes.length * 2 !== size ? hexIdOf(value, size) : hexOf(bytes, 0, bytes.length);
}

/** Reads an enum from its number or, which OTLP forbids and some do, its name. */
export function enumFrom<T extends string>(value: unknown, names: readonly T[], prefix: string): T {
  const name = typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length).toLowerCase() : '';
  const known = names.find((candidate) => candidate === name) ?? names[Number(value)];
  return known ?? (names[0] as T);
}

/** Reads an integer from a number or its text, which stays text beyond what a number holds exactly. */
export function integerFrom(value: unknown): AttributeValue {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number + 0 : value;
}

/** Reads a floating-point number from a number or its text. */
export function doubleFrom(value: unknown): AttributeValue {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? null : number;
}
