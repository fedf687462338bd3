import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LogsAnswer, MatchesAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { useKeys } from '../shell/keys.ts';
import { addressOf, change } from '../shell/route.ts';
import { useSteady } from '../shell/steady.ts';
import { FlameGraph } from './flame-graph.tsx';
import { FocusPath } from './focus-path.tsx';
import { FOLD_ROW, revealing, rowsOf } from './rows.ts';
import { SpanDetails } from './span-details.tsx';
import { TraceHead } from './trace-head.tsx';
import { at, type TraceModel } from './trace-model.ts';
import { changeSpans, useTraceState } from './trace-state.ts';
import { TraceTools } from './trace-tools.tsx';
import { isOpen, type LogsBySpan, Waterfall } from './waterfall.tsx';

const NO_LOGS: LogsBySpan = new Map();

type OpenTraceProps = { readonly model: TraceModel; readonly parameters: URLSearchParams };

/** A trace that has come: head, tools, waterfall or flame graph, and the details of a span. */
export function OpenTrace({ model, parameters }: OpenTraceProps) {
  const { traceId } = model.columns;
  const state = useTraceState(model, parameters);
  const { selected, focus, closed, opened, showsCritical, showsLogs, query } = state;
  const { answer: logged, isLoading: areLogsLoading } = useAnswer<LogsAnswer>(
    model.columns.logCount > 0 ? `traces/${traceId}/logs` : undefined,
  );
  const logs = useMemo(() => logsBySpan(model, logged?.logs), [model, logged]);
  const { answer: matched, problem } = useAnswer<MatchesAnswer>(
    query === '' ? undefined : addressOf(`traces/${traceId}/matches`, { query }),
  );
  const matches = useMemo(
    () => (query === '' || matched === undefined ? undefined : new Set(matched.spans)),
    [query, matched],
  );
  const rows = useMemo(() => {
    const shownLogs = showsLogs ? new Map([...logs].map(([span, records]) => [span, records.length])) : undefined;
    return rowsOf(model, { focus, closed, opened, logs: shownLogs });
  }, [model, focus, closed, opened, showsLogs, logs]);
  const range = useMemo(() => {
    const start = focus === undefined ? 0 : at(model.columns.start, focus);
    const end = focus === undefined ? model.columns.duration : (model.subtreeEnd[focus] ?? 0);
    return { start, end: Math.max(end, start + 1), origin: start };
  }, [model, focus]);

  const grid = useRef<HTMLTableElement>(null);
  const box = useRef<HTMLInputElement>(null);
  // The row that the keys move, by what it shows, so that it stays where it is when rows above open.
  const [cursor, setCursor] = useState({ span: selected ?? focus ?? 0, what: -1 });
  const active = useMemo(() => rowAt(rows, cursor), [rows, cursor]);
  useEffect(() => grid.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    // An address that names a span shows it, wherever it is folded away.
    if (selected !== undefined && rows.rowOf[selected] === -1) goTo(selected);
  }, []);

  const moveTo = useSteady((row: number) => {
    const next = Math.max(0, Math.min(rows.count - 1, row));
    const span = rows.span[next] as number;
    setCursor({ span, what: rows.what[next] as number });
    // The details follow what is looked at.
    if (selected !== undefined && rows.what[next] !== FOLD_ROW) changeSpans(model, { selected: span });
  });
  const toggle = useSteady((row: number, wanted?: boolean) => {
    const now = isOpen({ model, rows, closed, opened }, row);
    if (now === undefined || now === wanted) return;
    const span = rows.span[row] as number;
    const isFold = rows.what[row] === FOLD_ROW;
    const changed = new Set(isFold ? opened : closed);
    if (!changed.delete(span)) changed.add(span);
    setCursor({ span, what: rows.what[row] as number });
    changeSpans(model, isFold ? { opened: changed } : { closed: changed });
  });
  const open = useSteady((row: number) => {
    const span = rows.span[row] as number;
    const what = rows.what[row] as number;
    setCursor({ span, what });
    if (what === FOLD_ROW) toggle(row);
    else changeSpans(model, { selected: span });
  });
  const goTo = useSteady((span: number) => {
    const { isOutside, ...shown } = revealing(model, span, { focus, closed, opened, logs: undefined });
    setCursor({ span, what: -1 });
    changeSpans(model, { ...shown, selected: span, ...(isOutside && { focus: undefined }) });
  });
  /** The next of some spans, ascending, after or before the active one; around the end it goes on. */
  const step = (spans: readonly number[], by: 1 | -1) => {
    if (spans.length === 0) return;
    const after = spans.findIndex((span) => span > cursor.span);
    const before = spans.findLastIndex((span) => span < cursor.span);
    const next = by === 1 ? (after === -1 ? 0 : after) : before === -1 ? spans.length - 1 : before;
    goTo(spans[next] as number);
  };
  const focusOn = (span: number | undefined) => {
    if (span !== undefined) setCursor({ span, what: -1 });
    changeSpans(model, { focus: span === focus ? undefined : span });
  };
  const found = matched?.spans ?? [];
  useKeys({
    j: () => moveTo(active + 1),
    k: () => moveTo(active - 1),
    '/': () => box.current?.select(),
    e: () => step(model.errors, 1),
    E: () => step(model.errors, -1),
    n: () => step(found, 1),
    N: () => step(found, -1),
    c: () => change({ critical: showsCritical ? undefined : '1' }),
    l: () => change({ logs: showsLogs ? undefined : '1' }),
    g: () => change({ view: state.isFlameGraph ? undefined : 'flame' }),
    f: () => focusOn(cursor.span),
    Escape: () => {
      if (document.activeElement === box.current || selected === undefined) grid.current?.focus();
      if (document.activeElement === box.current) return;
      if (selected !== undefined) changeSpans(model, { selected: undefined });
      else if (focus !== undefined) focusOn(undefined);
    },
  });
  return (
    <div class="trace">
      <TraceHead model={model} onSpan={goTo} />
      <TraceTools
        model={model}
        state={state}
        box={box}
        matchCount={matches?.size}
        problem={problem}
        onError={(by) => step(model.errors, by)}
        onMatch={(by) => step(found, by)}
      />
      <FocusPath model={model} focus={focus} onFocus={(span) => changeSpans(model, { focus: span })} />
      <div class={selected === undefined ? 'body' : 'body has-details'}>
        {state.isFlameGraph ? (
          <FlameGraph model={model} focus={focus} onFocus={focusOn} />
        ) : (
          <Waterfall
            model={model}
            rows={rows}
            range={range}
            closed={closed}
            opened={opened}
            logs={logs}
            matches={matches}
            showsCritical={showsCritical}
            active={active}
            selected={selected}
            isWaiting={showsLogs && areLogsLoading && logged === undefined}
            grid={grid}
            onActive={moveTo}
            onOpen={open}
            onToggle={toggle}
          />
        )}
        {selected === undefined ? null : (
          <SpanDetails
            model={model}
            span={selected}
            logs={logs.get(selected) ?? []}
            onClose={() => {
              changeSpans(model, { selected: undefined });
              grid.current?.focus();
            }}
            onFocus={() => focusOn(selected)}
          />
        )}
      </div>
    </div>
  );
}

function rowAt(
  rows: ReturnType<typeof rowsOf>,
  { span, what }: { readonly span: number; readonly what: number },
): number {
  const row = rows.rowOf[span] ?? -1;
  if (what === -1 && row !== -1) return row;
  // A fold or a log record, or a span that is folded away: the nearest row that begins no later.
  let nearest = 0;
  for (let index = 0; index < rows.count; index++) {
    if (rows.span[index] === span && rows.what[index] === what) return index;
    if ((rows.span[index] as number) <= span) nearest = index;
  }
  return nearest;
}

/** Records that name no span of the trace are shown with its root. */
function logsBySpan(model: TraceModel, logs: LogsAnswer['logs'] | undefined): LogsBySpan {
  if (logs === undefined) return NO_LOGS;
  const bySpan = new Map<number, LogsAnswer['logs'][number][]>();
  for (const log of logs) {
    const span = model.columns.spanIds.indexOf(log.spanId ?? '') ?? 0;
    const records = bySpan.get(span);
    if (records === undefined) bySpan.set(span, [log]);
    else records.push(log);
  }
  return bySpan;
}
