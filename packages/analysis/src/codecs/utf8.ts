import { ByteCache } from './byte-cache.ts';

// Declared here as the package must not depend on the types of either Node.js or browsers, which both have them.
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

// A byte order mark is a character like any other here; invalid bytes become U+FFFD.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

// Keys, methods, hosts and the like come over and over: their text is found again faster than a new one is made, and all
// spans share it.
const texts = /* @__PURE__ */ new ByteCache<string>(20, 11);

/** The text of UTF-8 bytes. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The same for part of some bytes that may come over and over. */
export function cachedText(view: DataView, start: number, end: number): string {
  const place = texts.placeOf(view, start, end);
  const known = texts.values[place];
  if (known !== undefined) return known;
  const text = decodeUtf8(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
  if (place !== -1) texts.values[place] = text;
  return text;
}

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
