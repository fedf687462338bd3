/**
 * Writes the codes of a text as bytes, where there is room for them. Returns the bits of all of them together: above `0x7f` the
 * text was not ASCII, above `0xff` the bytes are not even Latin-1.
 */
export function putCodes(bytes: Buffer, start: number, value: string): number {
  const { length } = value;
  let to = start;
  let all = 0;
  let index = 0;
  // Four at a time: what has to be looked at for each of them alone is much of the work.
  for (; index + 4 <= length; index += 4, to += 4) {
    const first = value.charCodeAt(index);
    const second = value.charCodeAt(index + 1);
    const third = value.charCodeAt(index + 2);
    const fourth = value.charCodeAt(index + 3);
    all |= first | second | third | fourth;
    bytes[to] = first;
    bytes[to + 1] = second;
    bytes[to + 2] = third;
    bytes[to + 3] = fourth;
  }
  for (; index < length; index += 1, to += 1) {
    const code = value.charCodeAt(index);
    all |= code;
    bytes[to] = code;
  }
  return all;
}

/** Copies few bytes, where there is room for them: up to some dozens, that is quicker than a call into the runtime. */
export function putBytes(bytes: Uint8Array, start: number, source: Uint8Array, from: number, end: number): void {
  let to = start;
  let index = from;
  for (; index + 4 <= end; index += 4, to += 4) {
    bytes[to] = source[index] as number;
    bytes[to + 1] = source[index + 1] as number;
    bytes[to + 2] = source[index + 2] as number;
    bytes[to + 3] = source[index + 3] as number;
  }
  for (; index < end; index += 1, to += 1) bytes[to] = source[index] as number;
}
