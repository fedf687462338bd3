import { TraceSourceError } from '@throughline/readers';
import { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, NotFoundError, UsageError } from './exit-code.ts';
import { commandHelp, programHelp } from './help.ts';
import type { Outside } from './outside.ts';
import { safeJson, safeText } from './safe-text.ts';
import { isViewerSource, viewerSource } from './source.ts';
import { styleFor } from './style.ts';

/** The width where there is no terminal, as in a pipe or a file. */
const DEFAULT_WIDTH = 120;
const NARROWEST = 40;

const GENERAL = {
  json: { help: 'Print JSON for programs' },
  help: { short: 'h', help: 'Print this help' },
} as const;

/** The command line `throughline`: does what its arguments say and tells what the process is to end with. */
export async function throughline(args: readonly string[], outside: Outside): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    (name === undefined ? outside.error : outside.out)(programHelp(COMMANDS));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const known = COMMANDS.map((candidate) => candidate.name).join(', ');
    outside.error(`Expected a command (${known}), got ${safeText(JSON.stringify(name))}. See throughline --help.\n`);
    return EXIT.usage;
  }
  return run({ ...command, options: { ...command.options, ...GENERAL } }, rest, outside);
}

async function run(command: Command, given: readonly string[], outside: Outside): Promise<number> {
  try {
    const args = new Arguments(withSource(given, command, outside.env), command.options);
    if (args.flag('help')) {
      outside.out(commandHelp(command));
      return EXIT.ok;
    }
    const width = Math.max(NARROWEST, outside.columns ?? (Number(outside.env.COLUMNS) || DEFAULT_WIDTH));
    const {
      json,
      lines,
      remarks = [],
      failed = false,
    } = await command.run({
      args,
      style: styleFor(outside),
      width,
      env: outside.env,
    });
    if (args.flag('json')) outside.out(`${safeJson(json)}\n`);
    else if (lines.length > 0) outside.out(`${lines.join('\n')}\n`);
    for (const remark of remarks) outside.error(`${safeText(remark)}\n`);
    return failed ? EXIT.failed : EXIT.ok;
  } catch (error) {
    return failure(error, command, outside);
  }
}

// So that a source of one's own need not be typed each time.
function withSource(given: readonly string[], { name, options }: Command, env: Outside['env']) {
  const isNamed = given.some((arg) => /^(?:--source(?:=|$)|-s)/.test(arg));
  if (!('source' in options) || isNamed) return given;
  const { THROUGHLINE_SOURCE, THROUGHLINE_VIEWER_PORT } = env;
  if (THROUGHLINE_SOURCE) return ['--source', THROUGHLINE_SOURCE, ...given];
  // The viewer itself is what `view` finds or starts.
  return THROUGHLINE_VIEWER_PORT && name !== 'view' ? ['--source', viewerSource(env), ...given] : given;
}

function failure(error: unknown, { name }: Command, { error: write }: Outside): number {
  if (error instanceof UsageError) {
    write(`${safeText(error.message)}\nSee throughline ${name} --help.\n`);
    return EXIT.usage;
  }
  if (error instanceof TraceSourceError) {
    const hint = isViewerSource(error.endpoint) ? ' Start the viewer, or name a source with --source.' : '';
    write(`${safeText(error.message.replace(/^\[readers\] /, ''))}${hint}\n`);
  } else if (error instanceof NotFoundError) {
    write(`${safeText(error.message)}\n`);
  } else {
    write(
      `throughline ${name} failed: ${safeText((error instanceof Error ? error.message : `${error}`).replace(/^\[\w+\] /, ''))}\n`,
    );
  }
  return EXIT.failed;
}
