import type { DependencyNode } from '@throughline/analysis';
import type { Command } from './command.ts';
import { durationText, shareText } from './figures.ts';
import { QUERY_OPTIONS, queryOf, SOURCE_OPTIONS, withSource } from './source.ts';
import { tableLines } from './table.ts';

export const deps: Command = {
  name: 'deps',
  usage: '',
  summary: 'List who calls whom, how often, how well and how fast',
  details:
    'Databases, queues and hosts that record no spans of their own are in brackets. Jaeger and Zipkin tell no times.',
  options: { ...SOURCE_OPTIONS, since: QUERY_OPTIONS.since, until: QUERY_OPTIONS.until },
  async run({ args, style, width }) {
    const { fromMs, toMs } = queryOf(args, 1);
    const window = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
    const graph = await withSource(args, async (source) => ({
      name: source.name,
      ...(await source.dependencies(window)),
    }));
    const edges = graph.edges.toSorted((a, b) => b.calls - a.calls);
    const node = (end: DependencyNode) => ({ text: textOf(end), paint: (text: string) => style.named(end.name, text) });
    const rows = edges.map(({ from, to, calls, errors, errorRate, p50, p95, p99 }) => [
      node(from),
      node(to),
      Math.round(calls).toLocaleString('en-US'),
      { text: errorRate === undefined ? '?' : shareText(errorRate), paint: errors ? style.error : style.dim },
      ...[p50, p95, p99].map((time) => (time === undefined ? '?' : durationText(time))),
    ]);
    return {
      json: { nodes: graph.nodes, edges },
      lines: edges.length === 0 ? [] : tableLines(COLUMNS, rows, width, style.dim),
      remarks: edges.length === 0 ? [`No calls between services are known to ${graph.name}.`] : [],
      failed: edges.length === 0,
    };
  },
};

const COLUMNS = [
  { head: 'FROM', gives: true },
  { head: 'TO', gives: true },
  { head: 'CALLS', align: 'right' },
  { head: 'ERRORS', align: 'right' },
  { head: 'P50', align: 'right' },
  { head: 'P95', align: 'right' },
  { head: 'P99', align: 'right' },
] as const;

function textOf({ kind, name }: DependencyNode): string {
  return kind === 'service' ? name : `[${kind === 'peer' ? '' : `${kind} `}${name}]`;
}
