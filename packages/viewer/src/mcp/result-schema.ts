/** JSON Schema of what tools find, in as few words as it takes: clients check answers against it. */
export const TEXT = { type: 'string' } as const;
export const NUMBER = { type: 'number' } as const;
export const COUNT = { type: 'integer', minimum: 0 } as const;
export const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;
export const FLAG = { type: 'boolean' } as const;

type Properties = Readonly<Record<string, object>>;

/** An object that has all of these properties but those that are `optional`, and no others. */
export function objectOf(properties: Properties, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** A list of such objects. */
export function rowsOf(properties: Properties) {
  return { type: 'array', items: objectOf(properties) } as const;
}
