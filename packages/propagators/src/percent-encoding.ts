const encoder = /[!'()*]/g;
const loneSurrogate = /\p{Surrogate}/gu;

/**
 * Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`, as UTF-8. Half a surrogate pair becomes U+FFFD, where
 * `encodeURIComponent` would throw.
 */
export function percentEncode(text: string): string {
  const encoded = encodeURIComponent(text.replace(loneSurrogate, '\uFFFD'));
  return encoded.replace(encoder, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Decodes ASCII text with percent-encoded UTF-8. Bytes that are no UTF-8 become U+FFFD; a percent sign without two hex
 * digits stands for itself. Never throws.
 */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeLeniently(text);
  }
}

const PERCENT = 37;

function decodeLeniently(text: string): string {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const byte = code === PERCENT ? hexByte(text, index + 1) : undefined;
    bytes[length++] = byte ?? code;
    if (byte !== undefined) index += 2;
  }
  // `ignoreBOM` keeps a leading U+FEFF, as decodeURIComponent does.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length));
}

function hexByte(text: string, start: number): number | undefined {
  const digits = text.slice(start, start + 2);
  return /^[\da-fA-F]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
