import { bottlenecks } from '@throughline/analysis';
import type { Command } from './command.ts';
import { durationText } from './figures.ts';
import { SOURCE_OPTIONS, traceOf, withSource } from './source.ts';
import { tableLines } from './table.ts';
import { titleLines, warningLines } from './trace-title.ts';

const MOST = 20;

export const bottlenecksCommand: Command = {
  name: 'bottlenecks',
  usage: '[trace]',
  summary: 'Tell what made a request slow, what would save most first',
  details:
    'SAVES is by how much the request would be faster if that took no time; for n+1 if it were one call,\nfor sequential if the calls ran at once.',
  options: SOURCE_OPTIONS,
  async run({ args, style, width }) {
    const [traceId] = args.positionals;
    const trace = await withSource(args, (source) => traceOf(source, traceId));
    const found = bottlenecks(trace);
    const rows = found
      .slice(0, MOST)
      .map(({ kind, service, name, spans, time, drag }) => [
        { text: durationText(drag), paint: style.bold },
        durationText(time),
        kind,
        `${spans.length}`,
        { text: service, paint: (text: string) => style.named(service, text) },
        name,
      ]);
    return {
      json: found.map(({ spans, ...bottleneck }) => ({ ...bottleneck, spans: spans.map(({ span }) => span.spanId) })),
      lines: [
        ...titleLines(trace, style),
        '',
        ...tableLines(COLUMNS, rows, width, style.dim),
        ...warningLines(trace, style),
      ],
      remarks: found.length > MOST ? [`There are ${found.length - MOST} more; --json has all.`] : [],
    };
  },
};

const COLUMNS = [
  { head: 'SAVES', align: 'right' },
  { head: 'TIME', align: 'right' },
  { head: 'KIND' },
  { head: 'SPANS', align: 'right' },
  { head: 'SERVICE', gives: true },
  { head: 'NAME', gives: true },
] as const;
