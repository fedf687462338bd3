/** The headers among the arguments of `writeHead`: an object, or a list of names and values, flat or in pairs. */
export type HeadHeaders = Record<string, unknown> | unknown[];

/** Which of the arguments of `writeHead` has the headers, if any has. */
export function headersAt(args: readonly unknown[]): number {
  return typeof args[1] === 'object' && args[1] !== null ? 1 : 2;
}

/** The headers that `writeHead` was given; `undefined` if none. */
export function headersIn(args: readonly unknown[]): HeadHeaders | undefined {
  const given = args[headersAt(args)];
  return typeof given === 'object' && given !== null ? (given as HeadHeaders) : undefined;
}

/** The values of a header among those that `writeHead` was given. `name` is in lower case. */
export function valuesIn(headers: HeadHeaders, name: string): unknown[] {
  if (Array.isArray(headers)) {
    const flat = Array.isArray(headers[0]) ? headers.flat() : headers;
    const values: unknown[] = [];
    for (let n = 1; n < flat.length; n += 2) if (isNamed(flat[n - 1], name)) values.push(flat[n]);
    return values;
  }
  for (const key in headers) if (isNamed(key, name)) return [headers[key]];
  return [];
}

/** The value of a header among those, or a list where it has several; `undefined` where it has none. */
export function valueIn(headers: HeadHeaders, name: string): unknown {
  if (!Array.isArray(headers)) {
    const value = headers[name]; // read once: of objects of so many kinds, each look costs a hundred instructions
    if (value !== undefined) return value;
  }
  const values = valuesIn(headers, name);
  return values.length > 1 ? values : values[0];
}

/** Whether this is the name of a header, in any case; `name` is in lower case. */
export function isNamed(key: unknown, name: string): boolean {
  if (typeof key !== 'string' || key.length !== name.length) return false;
  // Others of the same length mostly begin with another letter; to put one in lower case takes two hundred instructions.
  return ((key.charCodeAt(0) ^ name.charCodeAt(0)) & ~CASE) === 0 && key.toLowerCase() === name;
}

/** By which bit the letters of ASCII differ from those of the other case. */
const CASE = 0x20;
