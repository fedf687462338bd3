/** Nanoseconds for people: three digits and the unit that suits. */
export function durationText(nanoseconds: number): string {
  const absolute = Math.abs(nanoseconds);
  for (const [unit, size] of UNITS) {
    if (absolute >= size * 0.9995) return `${digits(nanoseconds / size)} ${unit}`;
  }
  return absolute === 0 ? '0' : `${digits(nanoseconds)} ns`;
}

const UNITS = [
  ['h', 3.6e12],
  ['min', 6e10],
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
] as const;

function digits(value: number): string {
  const absolute = Math.abs(value);
  return value.toFixed(absolute >= 99.95 ? 0 : absolute >= 9.995 ? 1 : 2).replace(/\.0+$|(\.\d*?)0+$/, '$1');
}

/** From 0 to 1, for people. */
export function shareText(share: number): string {
  return `${digits(share * 100)} %`;
}

/** A moment in the time of the machine, to the millisecond. */
export function momentText(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n));
  if (Number.isNaN(date.getTime()) || unixNano === 0n) return 'at an unknown time';
  const pad = (value: number, size = 2) => `${value}`.padStart(size, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time}.${pad(date.getMilliseconds(), 3)}`;
}

/** A number with its noun: `1 span`, `2 spans`. */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
