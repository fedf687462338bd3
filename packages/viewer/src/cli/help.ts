import type { OptionTable } from './arguments.ts';
import type { Command } from './command.ts';

/** What `throughline --help` says. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Find traces, see where their time went and what changed.',
    '',
    'Usage: throughline <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Traces come from --source: a file of spans, - for standard input, or an address such as',
    'jaeger+http://localhost:16686, tempo+https://user:password@host, zipkin+http://…,',
    'clickhouse+http://…; without it from $THROUGHLINE_SOURCE or the viewer at http://localhost:4318',
    '(or at the port in $THROUGHLINE_VIEWER_PORT).',
    '',
    'throughline <command> --help tells more. It ends with 0, with 1 if nothing was found or',
    'something failed, and with 2 if it was called wrongly.',
    '',
  ].join('\n');
}

/** What `throughline <command> --help` says. */
export function commandHelp({ name, usage, summary, details, options }: Command): string {
  return [
    `${summary}.`,
    '',
    `Usage: throughline ${name}${usage === '' ? '' : ` ${usage}`} [options]`,
    '',
    ...optionLines(options),
    ...(details === undefined ? [] : ['', details]),
    '',
  ].join('\n');
}

function optionLines(options: OptionTable): string[] {
  const rows = Object.entries(options).map(([name, { value, short, help }]) => {
    const call = `--${name}${value === undefined ? '' : ` <${value}>`}`;
    return [short === undefined ? `    ${call}` : `-${short}, ${call}`, help] as const;
  });
  const width = Math.max(...rows.map(([call]) => call.length));
  return rows.map(([call, help]) => `  ${call.padEnd(width)}  ${help}`);
}
