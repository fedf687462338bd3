// Declared here as the package must not depend on the types of either Node.js or browsers, which both have them.
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

// A byte order mark is a character like any other here; invalid bytes become U+FFFD.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

// Keys, methods, hosts and the like come over and over: the text last made of such bytes is found again faster than a new
// one is made, and all spans share it. Bytes are compared in words of four. Full slots are overwritten, so memory is bounded.
const MAX_WORDS = 20;
const SLOT_BITS = 11;
const texts: string[] = /* @__PURE__ */ new Array(1 << SLOT_BITS);
const lengths = /* @__PURE__ */ new Uint8Array(1 << SLOT_BITS);
const copies = /* @__PURE__ */ new Int32Array(MAX_WORDS << SLOT_BITS);

/** The text of UTF-8 bytes. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The same for part of some bytes that may come over and over. */
export function cachedText(view: DataView, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return '';
  const count = (length + 3) >> 2;
  const last = start + count * 4 - 4;
  if (count > MAX_WORDS || last + 4 > view.byteLength) return newText();
  // Without what follows the text.
  const rest = view.getInt32(last, true) & (-1 >>> ((length * -8) & 31));
  let hash = rest ^ length;
  for (let at = start; at < last; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
  const slot = Math.imul(hash, 0x9e3779b1) >>> (32 - SLOT_BITS);
  let copy = slot * MAX_WORDS;
  if (lengths[slot] === length) {
    let at = start;
    while (at < last && copies[copy] === view.getInt32(at, true)) {
      at += 4;
      copy += 1;
    }
    if (at === last && copies[copy] === rest) return texts[slot] as string;
    copy = slot * MAX_WORDS;
  }
  for (let at = start; at < last; at += 4) copies[copy++] = view.getInt32(at, true);
  copies[copy] = rest;
  lengths[slot] = length;
  const text = newText();
  texts[slot] = text;
  return text;

  function newText(): string {
    return decodeUtf8(new Uint8Array(view.buffer, view.byteOffset + start, length));
  }
}

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
