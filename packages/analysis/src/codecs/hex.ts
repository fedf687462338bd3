// The codes of the digits of each byte.
const HIGH = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) => digit(byte >> 4));
const LOW = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) => digit(byte & 15));

/** The lower-case hexadecimal digits of the 8 or 16 bytes of an id. */
export function hexOf(bytes: Uint8Array, at: number, size: number): string {
  const first = hexOf8(bytes, at);
  return size === 8 ? first : first + hexOf8(bytes, at + 8);
}

function hexOf8(bytes: Uint8Array, at: number): string {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  const e = bytes[at + 4] as number;
  const f = bytes[at + 5] as number;
  const g = bytes[at + 6] as number;
  const h = bytes[at + 7] as number;
  // One call with all digits makes one flat string; sums of pieces make chains of strings.
  return String.fromCharCode(
    HIGH[a] as number,
    LOW[a] as number,
    HIGH[b] as number,
    LOW[b] as number,
    HIGH[c] as number,
    LOW[c] as number,
    HIGH[d] as number,
    LOW[d] as number,
    HIGH[e] as number,
    LOW[e] as number,
    HIGH[f] as number,
    LOW[f] as number,
    HIGH[g] as number,
    LOW[g] as number,
    HIGH[h] as number,
    LOW[h] as number,
  );
}

function digit(value: number): number {
  return value + (value < 10 ? 48 : 87);
}
