import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LogsAnswer } from '../../api/messages.ts';
import { duration } from '../shell/format.ts';
import type { Rows } from './rows.ts';
import type { TraceModel } from './trace-model.ts';
import { type TimeRange, WaterfallRow } from './waterfall-row.tsx';

const ROW_HEIGHT = 28;
/** Rows drawn beyond what is in sight, so that quick scrolling shows no gaps. */
const MARGIN = 12;
const TICKS = [0, 0.25, 0.5, 0.75];

export type LogsBySpan = ReadonlyMap<number, LogsAnswer['logs']>;

type WaterfallProps = {
  readonly model: TraceModel;
  readonly rows: Rows;
  readonly range: TimeRange;
  readonly closed: ReadonlySet<number>;
  readonly opened: ReadonlySet<number>;
  readonly logs: LogsBySpan;
  readonly matches: ReadonlySet<number> | undefined;
  readonly showsCritical: boolean;
  readonly active: number;
  readonly selected: number | undefined;
  /** Whether rows are still to come. */
  readonly isWaiting: boolean;
  readonly grid: RefObject<HTMLTableElement | null>;
  readonly onActive: (row: number) => void;
  readonly onOpen: (row: number) => void;
  readonly onToggle: (row: number, wanted?: boolean) => void;
};

/** The spans of a trace over time. Only the rows in sight are in the document, whatever the size of the trace. */
export function Waterfall(props: WaterfallProps) {
  const { model, rows, range, active, grid, matches, showsCritical } = props;
  const pane = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  useEffect(() => showRow(pane.current, active), [active, rows]);

  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT) - MARGIN);
  const last = Math.min(rows.count, Math.ceil((view.top + view.height) / ROW_HEIGHT) + MARGIN);
  const drawn: number[] = [];
  for (let row = first; row < last; row++) drawn.push(row);
  // Elements of rows that leave are used for those that come: making new ones is what takes time.
  const pool = Math.ceil((last - first) / 32) * 32;
  // What is active has to be there for those who are told about it.
  const isAway = active < rows.count && (active < first || active >= last);

  const drawRow = (row: number, key: number | string) => (
    <WaterfallRow
      key={key}
      model={model}
      rows={rows}
      row={row}
      range={range}
      top={row * ROW_HEIGHT}
      logs={props.logs}
      isOpen={isOpen(props, row)}
      isActive={row === active}
      isSelected={rows.span[row] === props.selected && rows.what[row] === -1}
      isMatch={matches?.has(rows.span[row] as number) === true}
      showsCritical={showsCritical}
      onClick={props.onOpen}
      onToggle={props.onToggle}
    />
  );
  const pageRows = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 2);
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => props.onActive(active + 1),
    ArrowUp: () => props.onActive(active - 1),
    PageDown: () => props.onActive(active + pageRows),
    PageUp: () => props.onActive(active - pageRows),
    Home: () => props.onActive(0),
    End: () => props.onActive(rows.count - 1),
    Enter: () => props.onOpen(active),
    ' ': () => props.onToggle(active),
    ArrowRight: () => {
      if (isOpen(props, active) === false) props.onToggle(active, true);
      else if ((rows.level[active + 1] ?? 0) > (rows.level[active] ?? 0)) props.onActive(active + 1);
    },
    ArrowLeft: () => {
      if (isOpen(props, active) === true) props.onToggle(active, false);
      else props.onActive(rowAbove(rows, active));
    },
  };
  // A table may be a tree grid, says ARIA in HTML.
  const treeGrid = {
    role: 'treegrid',
    tabIndex: 0,
    'aria-rowcount': rows.count + 1,
    'aria-activedescendant': rows.count > 0 ? `row-${active}` : undefined,
  } as const;
  return (
    <section class={props.isWaiting ? 'waterfall is-waiting' : 'waterfall'} ref={pane} aria-label="Waterfall">
      <table
        ref={grid}
        {...treeGrid}
        aria-label="Spans"
        class={showsCritical ? 'shows-critical' : matches === undefined ? undefined : 'shows-matches'}
        onKeyDown={(event) => {
          if (event.metaKey || event.ctrlKey || event.altKey) return;
          const move = moves[event.key];
          if (move === undefined) return;
          event.preventDefault();
          move();
        }}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Span</th>
            <th scope="col" class="number">
              Duration
            </th>
            <th scope="col" class="number self">
              Self time
            </th>
            <th scope="col" class="ruler">
              <span class="hidden">Time</span>
              {TICKS.map((tick) => (
                <span key={tick} class="tick" style={{ left: `${tick * 100}%` }}>
                  {duration(Math.round(range.start - range.origin + tick * (range.end - range.start)))}
                </span>
              ))}
            </th>
          </tr>
        </thead>
        <tbody style={{ height: `${rows.count * ROW_HEIGHT}px` }}>
          {drawn.map((row) => drawRow(row, row % pool))}
          {isAway ? drawRow(active, 'active') : null}
        </tbody>
      </table>
    </section>
  );
}

/** Whether what is below a row is shown; undefined where nothing is. */
export function isOpen(
  { model, rows, closed, opened }: Pick<WaterfallProps, 'model' | 'rows' | 'closed' | 'opened'>,
  row: number,
): boolean | undefined {
  const span = rows.span[row] as number;
  const what = rows.what[row] as number;
  if (what >= 0) return undefined;
  if (what === -2) return opened.has(span);
  return model.children[span] === undefined ? undefined : !closed.has(span);
}

function rowAbove(rows: Rows, row: number): number {
  const level = rows.level[row] ?? 0;
  let above = row;
  while (above > 0 && (rows.level[above] ?? 0) >= level) above--;
  return above;
}

function showRow(pane: HTMLElement | null, row: number): void {
  if (pane === null) return;
  const top = row * ROW_HEIGHT;
  // One row is the ruler's, which stays at the top.
  const sight = pane.clientHeight - 2 * ROW_HEIGHT;
  const isFar = top < pane.scrollTop - sight || top > pane.scrollTop + 2 * sight;
  if (isFar) pane.scrollTop = top - sight / 2;
  else if (top < pane.scrollTop) pane.scrollTop = top;
  else if (top > pane.scrollTop + sight) pane.scrollTop = top - sight;
}
