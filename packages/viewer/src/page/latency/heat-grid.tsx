import { useRef, useState } from 'preact/hooks';
import type { HeatMap } from '../../api/messages.ts';
import { count, duration, momentOfMs } from '../shell/format.ts';

type Selection = {
  readonly selectFromMs?: string | undefined;
  readonly selectToMs?: string | undefined;
  readonly minDuration?: string | undefined;
  readonly maxDuration?: string | undefined;
};

type HeatGridProps = {
  readonly map: HeatMap;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
};

type Box = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

const ROW = 18;
const LEAST_ROWS = 12;

/** A grid of when and how long, dark where there are many spans, with a red edge where some failed. */
export function HeatGrid({ map, selection, onSelect }: HeatGridProps) {
  const { columns, cells, counts, errors, fromMs, toMs } = map;
  const first = Math.max(0, Math.floor((cells[0] ?? 0) / columns) - 1);
  const last = Math.max(map.bounds.length, first + LEAST_ROWS);
  const rows = last - first;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const plot = useRef<SVGSVGElement>(null);
  const [drawn, setDrawn] = useState<Box>();
  const span = Math.max(1, toMs - fromMs);
  const lower = (row: number) => (row <= 0 ? 0 : boundOf(map, row - 1));

  const cellAt = (event: PointerEvent) => {
    const place = plot.current?.getBoundingClientRect();
    if (place === undefined) return { x: 0, y: 0 };
    const within = (value: number, end: number) => Math.max(0, Math.min(end - 1, Math.floor(value * end)));
    return {
      x: within((event.clientX - place.left) / place.width, columns),
      y: within((event.clientY - place.top) / place.height, rows),
    };
  };
  const finish = () => {
    if (drawn === undefined) return;
    setDrawn(undefined);
    const [left, right] = [Math.min(drawn.x1, drawn.x2), Math.max(drawn.x1, drawn.x2) + 1];
    const [top, bottom] = [Math.min(drawn.y1, drawn.y2), Math.max(drawn.y1, drawn.y2)];
    onSelect({
      selectFromMs: `${fromMs + (left / columns) * span}`,
      // The last column holds the last span.
      selectToMs: `${right === columns ? Math.ceil(toMs + 1) : fromMs + (right / columns) * span}`,
      minDuration: `${lower(last - 1 - bottom)}`,
      maxDuration: `${boundOf(map, last - 1 - top)}`,
    });
  };
  const box = drawn ?? boxOf(selection, map, first, last);
  return (
    <figure class="heat">
      <div class="rows" aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => last - 1 - index).map((row) => (
          <span key={row} style={{ height: `${ROW}px` }}>
            {row % 4 === 0 ? duration(boundOf(map, row)) : ''}
          </span>
        ))}
      </div>
      <svg
        ref={plot}
        viewBox={`0 0 ${columns} ${rows}`}
        preserveAspectRatio="none"
        height={rows * ROW}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const { x, y } = cellAt(event);
          setDrawn({ x1: x, y1: y, x2: x, y2: y });
        }}
        onPointerMove={(event) => {
          if (drawn === undefined) return;
          const { x, y } = cellAt(event);
          setDrawn({ ...drawn, x2: x, y2: y });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrawn(undefined)}
      >
        <title>{`Latency of ${count(map.spans)} spans over time`}</title>
        {cells.map((cell, index) => {
          const number = counts[index] ?? 0;
          const failed = errors[index] ?? 0;
          return (
            <rect
              key={cell}
              class={failed > 0 ? 'cell has-failed' : 'cell'}
              x={cell % columns}
              y={last - 1 - Math.floor(cell / columns)}
              width={0.94}
              height={0.92}
              fill-opacity={0.18 + 0.82 * (Math.log1p(number) / Math.log1p(most))}
            >
              <title>{`${count(number)} spans${failed > 0 ? `, ${count(failed)} failed` : ''}`}</title>
            </rect>
          );
        })}
        {box === undefined ? null : (
          <rect
            class="box"
            x={Math.min(box.x1, box.x2)}
            y={Math.min(box.y1, box.y2)}
            width={Math.abs(box.x2 - box.x1) + 1}
            height={Math.abs(box.y2 - box.y1) + 1}
          />
        )}
      </svg>
      <figcaption>
        <span>{momentOfMs(fromMs)}</span>
        <span>{momentOfMs(fromMs + span / 2)}</span>
        <span>{momentOfMs(toMs)}</span>
      </figcaption>
    </figure>
  );
}

/** Rows beyond those with spans go on as the others do: four to each power of ten. */
function boundOf({ bounds }: HeatMap, row: number): number {
  return bounds[row] ?? Math.round((bounds.at(-1) ?? 1e4) * 10 ** ((row - bounds.length + 1) / 4));
}

function boxOf(selection: Selection, map: HeatMap, first: number, last: number): Box | undefined {
  const { selectFromMs, selectToMs, minDuration, maxDuration } = selection;
  if (selectFromMs === undefined && minDuration === undefined && maxDuration === undefined) return undefined;
  const { columns, fromMs, toMs } = map;
  const column = (ms: string) => Math.round(((Number(ms) - fromMs) / Math.max(1, toMs - fromMs)) * columns);
  const rows = Array.from({ length: last - first }, (_, index) => first + index);
  const lowest = rows.find((row) => boundOf(map, row) > Number(minDuration ?? 0)) ?? last - 1;
  const highest = rows.findLast((row) => boundOf(map, row) <= Number(maxDuration ?? Number.POSITIVE_INFINITY)) ?? first;
  return {
    x1: selectFromMs === undefined ? 0 : Math.max(0, column(selectFromMs)),
    x2: selectToMs === undefined ? columns - 1 : Math.min(columns, column(selectToMs)) - 1,
    y1: last - 1 - Math.max(lowest, highest),
    y2: last - 1 - lowest,
  };
}
