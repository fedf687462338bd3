import type { CriticalPath, Interval, Trace, TraceSpan } from '@throughline/analysis';
import { durationText } from './figures.ts';
import { fitted, safeText, widthOf } from './safe-text.ts';
import type { Style } from './style.ts';
import { type WaterfallRow, waterfallRows } from './waterfall-rows.ts';

export type WaterfallOptions = {
  readonly style: Style;
  readonly width: number;
  /** Whether siblings that are alike become one row. */
  readonly fold: boolean;
};

const DURATION_WIDTH = 8;
/** Deeper spans stand no further to the right. */
const DEEPEST = 12;

/** A trace as lines: an axis, then who did what, how long, and when; the critical path is drawn heavier. */
export function waterfallLines(trace: Trace, path: CriticalPath, { style, width, fold }: WaterfallOptions): string[] {
  const rows = waterfallRows(trace, fold);
  const own = segmentsBySpan(path);
  const asynchronous = new Set(path.asynchronous);
  const labels = rows.map((row) => labelOf(row, asynchronous.has(row.spans[0] as TraceSpan)));
  const longest = labels.reduce((most, { text }) => Math.max(most, widthOf(text)), 0);
  const labelWidth = Math.min(longest, Math.floor(width * 0.5));
  const barWidth = Math.max(8, width - labelWidth - DURATION_WIDTH - 3);
  const axis = `${fitted('━ critical path  ⇢ not waited for', labelWidth + DURATION_WIDTH + 1)} │${axisOf(trace.duration, barWidth)}`;
  const lines = rows.map((row, at) => {
    const { text, service, failed } = labels[at] as Label;
    const cells = barOf(row.spans, own, trace.duration, barWidth);
    const label = fitted(text, labelWidth);
    const painted = failed
      ? style.error(label)
      : label.replace(service, (name) => style.named(row.spans[0]?.span.resource.service ?? '', name));
    const duration = fitted(durationText(lengthOf(row)), DURATION_WIDTH, 'right');
    return `${painted} ${duration} ${style.dim('│')}${paintedBar(cells, style)}`.trimEnd();
  });
  return [style.dim(axis), ...lines];
}

function axisOf(duration: number, width: number): string {
  const end = durationText(duration);
  return `0${' '.repeat(Math.max(1, width - 1 - widthOf(end)))}${end}`;
}

type Label = { readonly text: string; readonly service: string; readonly failed: boolean };

function labelOf({ spans, depth }: WaterfallRow, isAsynchronous: boolean): Label {
  const { span } = spans[0] as TraceSpan;
  const indent = depth <= DEEPEST ? '  '.repeat(depth) : `${'  '.repeat(DEEPEST - 1)}${depth}› `;
  const failed = span.status === 'error';
  const service = safeText(span.resource.service === '' ? '(no service)' : span.resource.service);
  const marks = `${failed ? '✗ ' : ''}${isAsynchronous ? '⇢ ' : ''}`;
  const times = spans.length > 1 ? ` ×${spans.length}` : '';
  return { text: `${indent}${marks}${service} ${safeText(span.name)}${times}`, service, failed };
}

function lengthOf({ spans }: WaterfallRow): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

type CellKind = 'none' | 'span' | 'critical';

// The later of what falls into a cell is drawn over the former, the critical path over all.
function barOf(
  spans: readonly TraceSpan[],
  own: ReadonlyMap<TraceSpan, readonly Interval[]>,
  duration: number,
  width: number,
): CellKind[] {
  const cells = new Array<CellKind>(width).fill('none');
  const draw = (start: number, end: number, kind: CellKind) => {
    const from = duration === 0 ? 0 : Math.min(Math.floor((start / duration) * width), width - 1);
    const to = duration === 0 ? width : Math.max(Math.ceil((end / duration) * width), from + 1);
    cells.fill(kind, from, Math.min(to, width));
  };
  for (const { start, end } of spans) draw(start, end, 'span');
  for (const span of spans) for (const { start, end } of own.get(span) ?? []) draw(start, end, 'critical');
  return cells;
}

const DRAWN = { none: ' ', span: '─', critical: '━' } as const;

function paintedBar(cells: readonly CellKind[], style: Style): string {
  let bar = '';
  for (let at = 0; at < cells.length; ) {
    const kind = cells[at] as CellKind;
    let end = at;
    while (end < cells.length && cells[end] === kind) end += 1;
    const text = DRAWN[kind].repeat(end - at);
    bar += kind === 'critical' ? style.critical(text) : text;
    at = end;
  }
  return bar;
}

function segmentsBySpan({ segments }: CriticalPath): Map<TraceSpan, Interval[]> {
  const bySpan = new Map<TraceSpan, Interval[]>();
  for (const segment of segments) {
    const own = bySpan.get(segment.span);
    if (own === undefined) bySpan.set(segment.span, [segment]);
    else own.push(segment);
  }
  return bySpan;
}
