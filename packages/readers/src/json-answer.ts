/** The fields of an object of an answer; of anything else, none. */
export function fieldsOf(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The items of a list of an answer; of anything else, none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list of an answer, sorted, each once. */
export function namesOf(value: unknown): string[] {
  return [...new Set(itemsOf(value).filter((item): item is string => typeof item === 'string'))].sort();
}

/** A text of an answer; of anything else, an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Nanoseconds of an answer, which has them as text or, less exactly, as a number; 0 for anything else. */
export function nanosecondsOf(value: unknown): bigint {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(Math.trunc(value))
    ? BigInt(Math.trunc(value))
    : 0n;
}
