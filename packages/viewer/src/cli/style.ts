import type { Outside } from './outside.ts';

/** Colours for a terminal that wants them, and plain text otherwise. */
export type Style = {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly error: Paint;
  readonly critical: Paint;
  /** Always the same colour for the same name. */
  readonly named: (name: string, text: string) => string;
};

type Paint = (text: string) => string;

/** Colours in a terminal, unless `NO_COLOR` is set or it is a dumb one; `FORCE_COLOR` wants them anywhere. */
export function styleFor({ isTerminal, env }: Pick<Outside, 'isTerminal' | 'env'>): Style {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const wanted = (NO_COLOR === undefined || NO_COLOR === '') && (forced || (isTerminal && TERM !== 'dumb'));
  const paint =
    (code: number, end = 39): Paint =>
    (text) =>
      wanted && text !== '' ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  // Neither red nor yellow, which mean something.
  const colours = [36, 32, 35, 34, 96, 92, 95, 94].map((code) => paint(code));
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    error: paint(31),
    critical: paint(33),
    named: (name, text) => (colours[hash(name) % colours.length] as Paint)(text),
  };
}

function hash(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) % 65_521;
  return sum;
}
