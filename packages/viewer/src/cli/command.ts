import type { Arguments, OptionTable } from './arguments.ts';
import type { Outside } from './outside.ts';
import type { Style } from './style.ts';

/** One of the things that the command line does. */
export type Command = {
  readonly name: string;
  /** What it is called with, after its name. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What its help says beyond that. */
  readonly details?: string;
  readonly options: OptionTable;
  /** Does it; what it prints and what the program ends with. */
  run(call: Call): Promise<Printed>;
};

/** How a command is called. */
export type Call = {
  readonly args: Arguments;
  readonly style: Style;
  readonly width: number;
  readonly env: Outside['env'];
};

/** What a command found: for programs, for people, and whether it is what was looked for. */
export type Printed = {
  readonly json: unknown;
  readonly lines: readonly string[];
  /** Said beside the result, on standard error, also with `--json`. */
  readonly remarks?: readonly string[];
  readonly failed?: boolean;
};
