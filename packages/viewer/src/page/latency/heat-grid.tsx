import { useMemo, useRef, useState } from 'preact/hooks';
import type { HeatMap } from '../../api/messages.ts';
import { count, duration, momentOfMs } from '../shell/format.ts';
import { memo } from '../shell/memo.ts';
import {
  type Box,
  boundOf,
  boxOf,
  edgesOf,
  gridOf,
  readingOf,
  type Selection,
  selectionOf,
  slowestCell,
} from './heat-geometry.ts';

type HeatGridProps = {
  readonly map: HeatMap;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
};

const ROW = 18;
/** How far each key moves the corner of the box: columns and rows. */
const MOVES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  PageUp: [0, -4],
  PageDown: [0, 4],
  Home: [-1000, 0],
  End: [1000, 0],
};

const BY_KEYS = { tabIndex: 0 };

/** A grid of when and how long, dark where there are many spans, with a red edge where some failed. */
export function HeatGrid({ map, selection, onSelect }: HeatGridProps) {
  const { columns, fromMs, toMs } = map;
  const grid = useMemo(() => gridOf(map), [map]);
  const { last, rows } = grid;
  const plot = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Box>();
  const [pointed, setPointed] = useState<Box>();
  const [cursor, setCursor] = useState<Box>();

  const cellAt = (event: PointerEvent) => {
    const place = plot.current?.getBoundingClientRect();
    if (place === undefined) return { x: 0, y: 0 };
    return {
      x: within(Math.floor(((event.clientX - place.left) / place.width) * columns), columns),
      y: within(Math.floor(((event.clientY - place.top) / place.height) * rows), rows),
    };
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = cursor ?? slowestCell(grid);
    const move = MOVES[event.key];
    if (move !== undefined) {
      const x2 = within(from.x2 + move[0], columns);
      const y2 = within(from.y2 + move[1], rows);
      setCursor(event.shiftKey ? { ...from, x2, y2 } : { x1: x2, y1: y2, x2, y2 });
    } else if (event.key === 'Enter' || event.key === ' ') onSelect(selectionOf(grid, from));
    else return;
    event.preventDefault();
  };
  const box = drawn ?? boxOf(grid, selection);
  const reading = drawn ?? pointed ?? cursor;
  return (
    <figure class="heat">
      <div class="rows" aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => last - 1 - index).map((row) => (
          <span key={row} style={{ height: `${ROW}px` }}>
            {row % 4 === 0 ? duration(boundOf(map, row)) : ''}
          </span>
        ))}
      </div>
      <div
        class="plot"
        ref={plot}
        role="application"
        {...BY_KEYS}
        aria-label={`Latency of ${count(map.spans)} spans over time: arrow keys move, with Shift they draw a box, Enter selects it`}
        aria-describedby="heat-reading"
        onKeyDown={press}
        onFocus={() => setCursor((before) => before ?? slowestCell(grid))}
        onBlur={() => setCursor(undefined)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const { x, y } = cellAt(event);
          setDrawn({ x1: x, y1: y, x2: x, y2: y });
        }}
        onPointerMove={(event) => {
          const { x, y } = cellAt(event);
          if (drawn !== undefined) setDrawn({ ...drawn, x2: x, y2: y });
          else setPointed({ x1: x, y1: y, x2: x, y2: y });
        }}
        onPointerUp={() => {
          if (drawn !== undefined) onSelect(selectionOf(grid, drawn));
          setDrawn(undefined);
        }}
        onPointerCancel={() => setDrawn(undefined)}
        onPointerLeave={() => setPointed(undefined)}
      >
        <svg viewBox={`0 0 ${columns} ${rows}`} preserveAspectRatio="none" height={rows * ROW} aria-hidden="true">
          <Cells map={map} last={last} />
          {box === undefined ? null : <Outline box={box} name="box" />}
          {cursor === undefined ? null : <Outline box={cursor} name="cursor" />}
        </svg>
      </div>
      <figcaption>
        <span>{momentOfMs(fromMs)}</span>
        <span>{momentOfMs(fromMs + Math.max(1, toMs - fromMs) / 2)}</span>
        <span>{momentOfMs(Math.max(toMs, fromMs + 1))}</span>
      </figcaption>
      <p class="reading quiet" id="heat-reading" aria-live="polite">
        {reading === undefined ? '' : readingOf(grid, reading)}
      </p>
    </figure>
  );
}

const Cells = memo(function Cells({ map, last }: { readonly map: HeatMap; readonly last: number }) {
  const { columns, cells, counts, errors } = map;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  return (
    <>
      {cells.map((cell, index) => (
        <rect
          key={cell}
          class={(errors[index] ?? 0) > 0 ? 'cell has-failed' : 'cell'}
          x={cell % columns}
          y={last - 1 - Math.floor(cell / columns)}
          width={0.94}
          height={0.92}
          fill-opacity={0.18 + 0.82 * (Math.log1p(counts[index] ?? 0) / Math.log1p(most))}
        />
      ))}
    </>
  );
});

function Outline({ box, name }: { readonly box: Box; readonly name: string }) {
  const { left, right, top, bottom } = edgesOf(box);
  return <rect class={name} x={left} y={top} width={right - left + 1} height={bottom - top + 1} />;
}

function within(value: number, end: number): number {
  return Math.max(0, Math.min(end - 1, value));
}
