import { type ComparedPath, compare, type Trace } from '@throughline/analysis';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { NotFoundError, UsageError } from './exit-code.ts';
import { countText, durationText } from './figures.ts';
import { SOURCE_OPTIONS, traceOf, tracesOf, withSource } from './source.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

const MOST_TRACES = 200;
/** Changes of less than so many nanoseconds, for each trace, are not shown unless asked for. */
const LEAST = 1000;

export const compareCommand: Command = {
  name: 'compare',
  usage: '<before> <after>',
  summary: 'Set two traces, or all traces of two sources, side by side',
  details: 'Each is a trace of --source, or a file or address. The differences sum to what the duration changed by.',
  options: { ...SOURCE_OPTIONS, all: { help: 'What did not change, too' } },
  async run({ args, style, width }) {
    const [before, after, ...more] = args.positionals;
    if (before === undefined || after === undefined || more.length > 0)
      throw new UsageError('Expected two traces or two sources: throughline compare <before> <after>.');
    const [first, second] = [await groupOf(before, args), await groupOf(after, args)];
    const comparison = compare(first, second);
    const change = comparison.after.duration - comparison.before.duration;
    const shown = comparison.paths.filter((path) => args.flag('all') || isChange(path));
    const title = `${countText(first.length, 'trace')} of ${durationText(comparison.before.duration)} before, ${second.length} of ${durationText(comparison.after.duration)} after: ${signed(change)}`;
    return {
      json: comparison,
      lines: [style.bold(title), '', ...(shown.length === 0 ? ['Nothing changed.'] : linesOf(shown, style, width))],
    };
  },
};

const COLUMNS = [
  { head: 'CHANGE', align: 'right' },
  { head: 'BEFORE', align: 'right' },
  { head: 'AFTER', align: 'right' },
  { head: 'SPANS', align: 'right' },
  { head: 'WHERE', gives: true },
] as const;

async function groupOf(which: string, args: Arguments): Promise<Trace[]> {
  if (/^[\da-f]{1,32}$/i.test(which)) return [await withSource(args, (source) => traceOf(source, which))];
  const traces = await withSource(args, (source) => tracesOf(source, { limit: MOST_TRACES }), which);
  if (traces.length === 0) throw new NotFoundError(`There is no trace in ${which}.`);
  return traces;
}

function isChange({ before, after, difference }: ComparedPath): boolean {
  return before === undefined || after === undefined || Math.abs(difference) >= LEAST || before.errors !== after.errors;
}

function linesOf(paths: readonly ComparedPath[], style: Style, width: number): string[] {
  const rows = paths.map(({ service, name, depth, before, after, difference }) => {
    const state = before === undefined ? 'new ' : after === undefined ? 'gone ' : '';
    const worse = difference > 0 ? style.error : (text: string) => text;
    return [
      { text: signed(difference), paint: worse },
      before === undefined ? '' : durationText(before.selfTime),
      after === undefined ? '' : durationText(after.selfTime),
      `${spansText(before?.spans)} → ${spansText(after?.spans)}`,
      {
        text: `${'  '.repeat(Math.min(depth, 12))}${state}${service} ${name}`,
        paint: (text: string) => style.named(service, text),
      },
    ];
  });
  return tableLines(COLUMNS, rows, width, style.dim);
}

function spansText(spans = 0): string {
  return Number.isInteger(spans) ? `${spans}` : spans.toFixed(1);
}

function signed(duration: number): string {
  return duration > 0 ? `+${durationText(duration)}` : durationText(duration);
}
