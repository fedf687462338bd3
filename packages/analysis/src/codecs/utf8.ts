// Declared here as the package must not depend on the types of either Node.js or browsers, which both have them.
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

// A byte order mark is a character like any other here; invalid bytes become U+FFFD.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

// Keys, methods, hosts and the like come over and over: the string last made of such bytes is found again faster than a
// new one is made, and all spans share it. Full slots are overwritten, so memory is bounded.
const MAX_CACHED_LENGTH = 48;
const CACHE_MASK = 4095;
const cache: string[] = /* @__PURE__ */ new Array(CACHE_MASK + 1).fill('');

/** The text of UTF-8 bytes. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return '';
  if (length > MAX_CACHED_LENGTH) return decoder.decode(bytes.subarray(start, end));
  const slot = slotOf(bytes, start, end);
  const cached = cache[slot] as string;
  if (isTextOf(cached, bytes, start, length)) return cached;
  const text = decoder.decode(bytes.subarray(start, end));
  // As long as its bytes means ASCII, or broken: then it is equal to no bytes.
  if (text.length === length) cache[slot] = text;
  return text;
}

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

// Some bytes are enough to tell most texts apart, and what is found is compared anyway.
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let hash = length + (bytes[start] as number) * 31;
  hash = Math.imul(hash, 31) + (bytes[start + (length >> 1)] as number);
  hash = Math.imul(hash, 31) + (bytes[start + (length >> 2)] as number);
  hash = Math.imul(hash, 31) + (bytes[end - 1] as number);
  hash = Math.imul(hash, 31) + (bytes[end - 1 - (length >> 3)] as number);
  return (hash ^ (hash >>> 12)) & CACHE_MASK;
}

function isTextOf(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}
