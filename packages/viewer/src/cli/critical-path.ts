import { criticalPath, type TraceSpan } from '@throughline/analysis';
import type { Command } from './command.ts';
import { durationText, shareText } from './figures.ts';
import { SOURCE_OPTIONS, traceOf, withSource } from './source.ts';
import { tableLines } from './table.ts';
import { titleLines, warningLines } from './trace-title.ts';

export const criticalPathCommand: Command = {
  name: 'critical-path',
  usage: '[trace]',
  summary: 'Tell what a request waited for, moment by moment',
  details: 'Without a trace it is the latest one. The times sum to the duration of the root.',
  options: SOURCE_OPTIONS,
  async run({ args, style, width }) {
    const [traceId] = args.positionals;
    const trace = await withSource(args, (source) => traceOf(source, traceId));
    const { root, segments, asynchronous } = criticalPath(trace);
    const whole = root === undefined ? 0 : root.end - root.start;
    const rows = segments.map(({ span, start, end }) => [
      durationText(start - (root?.start ?? 0)),
      durationText(end - start),
      whole === 0 ? '' : shareText((end - start) / whole),
      { text: span.span.resource.service, paint: (text: string) => style.named(span.span.resource.service, text) },
      { text: span.span.name, paint: span.span.status === 'error' ? style.error : (text: string) => text },
    ]);
    return {
      json: {
        traceId: trace.traceId,
        root: root === undefined ? null : placeOf(root),
        duration: whole,
        segments: segments.map(({ span, start, end }) => ({ ...placeOf(span), start, end })),
        asynchronous: asynchronous.map(placeOf),
      },
      lines: [
        ...titleLines(trace, style),
        '',
        ...tableLines(COLUMNS, rows, width, style.dim),
        ...warningLines(trace, style),
      ],
    };
  },
};

const COLUMNS = [
  { head: 'AFTER', align: 'right' },
  { head: 'FOR', align: 'right' },
  { head: 'SHARE', align: 'right' },
  { head: 'SERVICE', gives: true },
  { head: 'IN', gives: true },
] as const;

function placeOf({ span }: TraceSpan) {
  return { spanId: span.spanId, service: span.resource.service, name: span.name };
}
