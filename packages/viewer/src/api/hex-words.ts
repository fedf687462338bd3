/** The number that eight hexadecimal digits of an id stand for; NaN where there is something else. */
export function wordAt(id: string, at: number): number {
  let number = 0;
  for (let digit = at; digit < at + 8; digit++) {
    const code = id.charCodeAt(digit);
    if (code >= 0x30 && code <= 0x39) number = number * 16 + code - 0x30;
    else if (code >= 0x61 && code <= 0x66) number = number * 16 + code - 0x57;
    else return NaN;
  }
  return number;
}
