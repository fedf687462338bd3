import { type Anomaly, anomalies, type RootCause, rootCauses } from '@throughline/analysis';
import { momentOf } from './arguments.ts';
import type { Command } from './command.ts';
import { NotFoundError, UsageError } from './exit-code.ts';
import { countText, durationText, shareText } from './figures.ts';
import { safeText } from './safe-text.ts';
import { QUERY_OPTIONS, queryOf, tracesOf, withSource } from './source.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import { serviceText } from './trace-title.ts';

const LIMIT = 200;
const MOST = 30;

export const anomaliesCommand: Command = {
  name: 'anomalies',
  usage: '--baseline <source or times>',
  summary: 'Tell what differs from a baseline beyond chance, and which service it comes from',
  details:
    'The baseline is another source, or times of the same one: --since 1h --baseline 25h..1h compares\nthe last hour with the day before it. --limit is how many traces of each are read.',
  options: {
    ...QUERY_OPTIONS,
    baseline: { value: 'source or times', short: 'b', help: 'A file or address, or from..to' },
  },
  async run({ args, style, width }) {
    const baseline = args.text('baseline');
    if (baseline === undefined) throw new UsageError('Expected --baseline to be a source, or times like 25h..1h.');
    const query = queryOf(args, LIMIT);
    const [, from, to] = /^([\w:.+-]+?)\.\.([\w:.+-]+)$/.exec(baseline) ?? [];
    const isTimes = from !== undefined && to !== undefined;
    const usual = isTimes
      ? { ...query, fromMs: momentOf(from, '--baseline'), toMs: momentOf(to, '--baseline') }
      : query;
    const { fromMs: _, toMs: __, ...timeless } = query;
    const current = await withSource(args, (source) => tracesOf(source, query));
    const before = isTimes
      ? await withSource(args, (source) => tracesOf(source, usual))
      : await withSource(args, (source) => tracesOf(source, timeless), baseline);
    if (current.length === 0 || before.length === 0)
      throw new NotFoundError(`There are ${current.length} traces to compare with ${before.length} of the baseline.`);
    const found = anomalies(current, before);
    const causes = rootCauses(current, before);
    const title = `${countText(current.length, 'trace')} against ${before.length} of the baseline`;
    return {
      json: { traces: current.length, baseline: before.length, anomalies: found, rootCauses: causes },
      lines: [
        style.bold(title),
        '',
        ...(found.length === 0 ? ['Nothing differs beyond chance.'] : linesOf(found, style, width)),
        ...causeLines(causes, style),
      ],
      remarks: found.length > MOST ? [`There are ${found.length - MOST} more; --json has all.`] : [],
    };
  },
};

const COLUMNS = [
  { head: 'WHAT' },
  { head: 'SERVICE', gives: true },
  { head: 'NAME', gives: true },
  { head: 'USUALLY', align: 'right' },
  { head: 'NOW', align: 'right' },
  { head: 'SIGMA', align: 'right' },
] as const;

function linesOf(found: readonly Anomaly[], style: Style, width: number): string[] {
  const rows = found.slice(0, MOST).map((anomaly) => {
    const { kind, service, name, callee, current, baseline, deviations } = anomaly;
    const paint = kind === 'faster' ? (text: string) => text : style.error;
    return [
      { text: kind, paint },
      { text: service, paint: (text: string) => style.named(service, text) },
      callee === undefined ? name : `${name} → ${callee}`,
      figureText(kind, baseline),
      figureText(kind, current),
      `${Math.abs(deviations).toFixed(1)}`,
    ];
  });
  return tableLines(COLUMNS, rows, width, style.dim);
}

function figureText(kind: Anomaly['kind'], value: number): string {
  if (kind === 'slower' || kind === 'faster') return durationText(value);
  return kind === 'fan-out' ? `${value.toFixed(1)} calls` : shareText(value);
}

function causeLines(causes: readonly RootCause[], style: Style): string[] {
  if (causes.length === 0) return [];
  const lines = causes.slice(0, 5).map(({ service, score, evidence }) => {
    const [first] = evidence;
    const why =
      first === undefined
        ? ''
        : `${first.kind} ${safeText(first.name)}${first.callee === undefined ? '' : ` → ${safeText(first.callee)}`}`;
    return `  ${serviceText(service, style)} ${style.dim(score.toFixed(2))}  ${why}`;
  });
  return ['', style.bold('Likely from'), ...lines];
}
