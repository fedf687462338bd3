import { parseArgs } from 'node:util';
import { UsageError } from './exit-code.ts';

/** An option: what its value is called, if it has one, and what it is for. */
export type Option = {
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
  readonly multiple?: boolean;
};

export type OptionTable = { readonly [name: string]: Option };

const UNITS: { readonly [unit: string]: number } = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What a command was called with; whatever it is not meant to be is a `UsageError`. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(args: readonly string[], options: OptionTable) {
    const parsed = parse(args, options);
    this.positionals = parsed.positionals;
    this.#values = new Map(Object.entries(parsed.values));
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === '') throw new UsageError(`Expected --${name} to have a value, got none.`);
    return typeof value === 'string' ? value : undefined;
  }

  all(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }

  count(name: string): number | undefined {
    const text = this.text(name);
    if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text))
      throw new UsageError(`Expected --${name} to be a whole number above 0, got ${JSON.stringify(text)}.`);
    return text === undefined ? undefined : Number(text);
  }

  /** Milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const duration = millisecondsOf(text);
    if (duration === undefined)
      throw new UsageError(`Expected --${name} to be a duration like 250ms, 1.5s or 2h, got ${JSON.stringify(text)}.`);
    return duration;
  }

  /** Milliseconds since 1970: a moment, or how long ago. */
  moment(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : momentOf(text, `--${name}`);
  }
}

/** Milliseconds since 1970 of a moment, or of how long ago it was. */
export function momentOf(text: string, name: string): number {
  const ago = millisecondsOf(text);
  const moment = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (Number.isNaN(moment))
    throw new UsageError(
      `Expected ${name} to be how long ago, like 30m or 2d, or a time like 2026-01-31T12:00, got ${JSON.stringify(text)}.`,
    );
  return moment;
}

function millisecondsOf(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(\p{L}+)$/u.exec(text) ?? [];
  const size = unit === undefined || !Object.hasOwn(UNITS, unit) ? undefined : UNITS[unit];
  return size === undefined ? undefined : Number(number) * size;
}

function parse(args: readonly string[], options: OptionTable) {
  const config = Object.entries(options).map(([name, { value, short, multiple = false }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', multiple, ...(short === undefined ? {} : { short }) },
  ]);
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(config), allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError)
      throw new UsageError(error.message.split(/\. To specify|\n/)[0] ?? '', { cause: error });
    throw error;
  }
}
