import type { TraceSummary } from '@throughline/readers';
import type { Command } from './command.ts';
import { countText, durationText, momentText } from './figures.ts';
import { QUERY_OPTIONS, queryOf, withSource } from './source.ts';
import { tableLines } from './table.ts';

const LIMIT = 20;

export const find: Command = {
  name: 'find',
  usage: '',
  summary: 'List traces, the latest first',
  details: 'What is said of a span must all be true of the same one.',
  options: QUERY_OPTIONS,
  async run({ args, style, width }) {
    const query = queryOf(args, LIMIT);
    return withSource(args, async (source) => {
      const found = await source.findTraces(query);
      const rows = found.map((summary) => [
        summary.traceId,
        momentText(summary.startUnixNano).slice(0, 'YYYY-MM-DD hh:mm:ss'.length),
        durationText(summary.duration),
        { text: `${summary.spanCount ?? '?'}`, paint: (text: string) => text },
        { text: `${summary.errorCount ?? '?'}`, paint: summary.errorCount === 0 ? style.dim : style.error },
        { text: summary.rootService, paint: (text: string) => style.named(summary.rootService, text) },
        summary.rootName,
        { text: othersOf(summary), paint: style.dim },
      ]);
      const remark =
        found.length === 0
          ? `No trace in ${source.name} matches. Backends look at the last hour unless there is --since.`
          : found.length === query.limit
            ? `These are the latest ${countText(found.length, 'trace')}; --limit asks for more.`
            : undefined;
      return {
        json: found,
        lines: found.length === 0 ? [] : tableLines(COLUMNS, rows, width, style.dim),
        remarks: remark === undefined ? [] : [remark],
        failed: found.length === 0,
      };
    });
  },
};

const COLUMNS = [
  { head: 'TRACE' },
  { head: 'STARTED', from: 105 },
  { head: 'DURATION', align: 'right' },
  { head: 'SPANS', align: 'right' },
  { head: 'ERRORS', align: 'right' },
  { head: 'SERVICE', gives: true },
  { head: 'NAME', gives: true },
  { head: 'WITH', gives: true, from: 120 },
] as const;

function othersOf({ services, rootService }: TraceSummary): string {
  return services
    .map(({ name }) => name)
    .filter((name) => name !== rootService)
    .join(', ');
}
