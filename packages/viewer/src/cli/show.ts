import { criticalPath, encodeOtlpJson } from '@throughline/analysis';
import type { Command } from './command.ts';
import { SOURCE_OPTIONS, traceOf, withSource } from './source.ts';
import { titleLines, warningLines } from './trace-title.ts';
import { waterfallLines } from './waterfall.ts';

/** More rows than anyone reads. */
const MOST_ROWS = 500;

export const show: Command = {
  name: 'show',
  usage: '[trace]',
  summary: 'Draw a trace as a waterfall, with its critical path',
  details: 'Without a trace it is the latest one. With --json it is OTLP JSON, which can be read again.',
  options: { ...SOURCE_OPTIONS, all: { help: `Every span: nothing folded, and more than ${MOST_ROWS} rows` } },
  async run({ args, style, width }) {
    const [traceId] = args.positionals;
    const trace = await withSource(args, (source) => traceOf(source, traceId));
    const all = args.flag('all');
    const [axis = '', ...rows] = waterfallLines(trace, criticalPath(trace), { style, width, fold: !all });
    const most = all ? rows.length : MOST_ROWS;
    const left = rows.length - most;
    return {
      json: encodeOtlpJson(trace.spans.map(({ span }) => span)),
      lines: [...titleLines(trace, style), '', axis, ...rows.slice(0, most), ...warningLines(trace, style)],
      remarks: left > 0 ? [`There are ${left} more rows; --all draws them.`] : [],
    };
  },
};
