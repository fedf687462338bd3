const COUNT = new Intl.NumberFormat('en');
const TIME = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

/** Nanoseconds in the unit that suits them, with three digits. */
export function duration(nanoseconds: number): string {
  const sign = nanoseconds < 0 ? '−' : '';
  const size = Math.abs(nanoseconds);
  if (size === 0) return '0 ms';
  if (size < 1e3) return `${sign}${Math.round(size)} ns`;
  if (size < 999.5e3) return `${sign}${digits(size / 1e3)} µs`;
  if (size < 999.5e6) return `${sign}${digits(size / 1e6)} ms`;
  if (size < 60e9) return `${sign}${digits(size / 1e9)} s`;
  const seconds = Math.round(size / 1e9);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A number with thousands set apart. */
export function count(number: number): string {
  return COUNT.format(Math.round(number));
}

/** “1 span”, “2 spans”. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${number === 1 ? noun : `${noun}s`}`;
}

/** A share from 0 to 1. Never says 100 % of what is not all. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 99 && value < 100) return `${Math.floor(value * 10) / 10} %`;
  return `${value > 0 && value < 10 ? digits(value, 2) : Math.round(value)} %`;
}

/** The time of day, with the day unless it is today. `unixNano` is nanoseconds since 1970 as text. */
export function moment(unixNano: string): string {
  return momentOfMs(Number(BigInt(unixNano) / 1000n) / 1000);
}

/** The same of milliseconds. */
export function momentOfMs(ms: number): string {
  const date = new Date(ms);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? TIME.format(date) : `${DAY.format(date)}, ${TIME.format(date)}`;
}

/** Bytes in the unit that suits them. */
export function bytes(size: number): string {
  if (size < 1e3) return `${size} B`;
  if (size < 1e6) return `${digits(size / 1e3)} kB`;
  return size < 1e9 ? `${digits(size / 1e6)} MB` : `${digits(size / 1e9)} GB`;
}

function digits(value: number, wanted = 3): string {
  const before = value < 10 ? 1 : value < 100 ? 2 : 3;
  return value.toFixed(Math.max(0, wanted - before));
}
