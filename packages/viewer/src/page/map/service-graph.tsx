import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { DependenciesAnswer } from '../../api/messages.ts';
import { classes } from '../shell/classes.ts';
import { count, duration, percent } from '../shell/format.ts';
import { colorOf } from '../shell/service-colors.ts';
import { layersOf, type Place } from './layers.ts';

const WIDTH = 200;
const HEIGHT = 48;
const GAP_X = 80;
const GAP_Y = 24;
const LONGEST_NAME = 80;

type ServiceGraphProps = {
  readonly answer: DependenciesAnswer;
  /** A node by index, or -1. */
  readonly chosen: number;
  readonly onChoose: (node: number) => void;
};

/** Services in columns, callers to the left. Lines are as strong as there are calls, and red where calls fail. */
export function ServiceGraph({ answer: { nodes, edges }, chosen, onChoose }: ServiceGraphProps) {
  const { places, bends } = useMemo(() => {
    const layout = layersOf(nodes.length, edges);
    const all = [...layout.places, ...layout.bends.flat()];
    const top = all.reduce((least, { row }) => Math.min(least, row), 0);
    const pointOf = ({ layer, row }: Place): Point => ({
      x: 8 + layer * (WIDTH + GAP_X),
      y: 8 + (row - top) * (HEIGHT + GAP_Y),
    });
    return { places: layout.places.map(pointOf), bends: layout.bends.map((bend) => bend.map(pointOf)) };
  }, [nodes, edges]);
  const points = [...places, ...bends.flat()];
  const width = points.reduce((most, { x }) => Math.max(most, x + WIDTH), 0) + 8;
  const height = points.reduce((most, { y }) => Math.max(most, y + HEIGHT), 0) + 24;
  const mostCalls = edges.reduce((most, { calls }) => Math.max(most, calls), 1);
  const callsTo = new Array<number>(nodes.length).fill(0);
  const errorsTo = new Array<number>(nodes.length).fill(0);
  for (const { to, calls, errors } of edges) {
    callsTo[to] = (callsTo[to] ?? 0) + calls;
    errorsTo[to] = (errorsTo[to] ?? 0) + errors;
  }
  const figure = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const x = places[chosen]?.x;
    if (x !== undefined && figure.current !== null)
      figure.current.scrollLeft = x - (figure.current.clientWidth - WIDTH) / 2;
  }, []);
  return (
    <figure class="service-graph" ref={figure}>
      <div class="drawing" style={{ width: `${width}px` }}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
          <title>Service map</title>
          {edges.map((edge, index) => {
            const from = places[edge.from];
            const to = places[edge.to];
            if (from === undefined || to === undefined) return null;
            return (
              <path
                key={`${edge.from} ${edge.to}`}
                class={classes({
                  edge: true,
                  'has-failed': edge.errors > 0,
                  'is-aside': chosen !== -1 && edge.from !== chosen && edge.to !== chosen,
                })}
                d={curve(from, bends[index] ?? [], to)}
                stroke-width={1 + (3 * Math.log1p(edge.calls)) / Math.log1p(mostCalls)}
              >
                <title>{`${count(edge.calls)} calls, ${percent(edge.errors / edge.calls)} failed, p95 ${duration(edge.p95)}`}</title>
              </path>
            );
          })}
        </svg>
        <ul style={{ width: `${width}px`, height: `${height}px` }}>
          {nodes.map(({ name, kind }, node) => {
            const calls = callsTo[node] ?? 0;
            const errors = errorsTo[node] ?? 0;
            return (
              <li
                key={`${kind} ${name}`}
                style={{ left: `${places[node]?.x ?? 0}px`, top: `${places[node]?.y ?? 0}px`, width: `${WIDTH}px` }}
              >
                <button
                  type="button"
                  class={`node ${kind} ${kind === 'service' ? colorOf(name) : ''}`}
                  aria-pressed={node === chosen}
                  title={name}
                  onClick={() => onChoose(node)}
                >
                  <span class="name">
                    <span class="dot" />
                    <span class="text">{name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name}</span>
                  </span>
                  <span class="figure quiet">
                    {calls === 0 ? (kind === 'service' ? 'Calls others' : kind) : `${count(calls)} calls`}
                    {errors > 0 ? <span class="failed"> · {percent(errors / calls)} failed</span> : null}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </figure>
  );
}

type Point = { readonly x: number; readonly y: number };

function curve(from: Point, bends: readonly Point[], to: Point): string {
  const [y1, y2] = [from.y + HEIGHT / 2, to.y + HEIGHT / 2];
  if (to.x <= from.x) {
    // Back to a caller, or to itself: around below.
    const below = Math.max(from.y, to.y) + HEIGHT + 14;
    return `M${from.x + WIDTH} ${y1} C${from.x + WIDTH + 40} ${below}, ${to.x - 40} ${below}, ${to.x} ${y2}`;
  }
  let path = `M${from.x + WIDTH} ${y1}`;
  let y = y1;
  for (const next of [...bends, to]) {
    const [start, end] = [next.x - GAP_X, next.y + HEIGHT / 2];
    path += ` C${start + GAP_X / 2} ${y}, ${next.x - GAP_X / 2} ${end}, ${next.x} ${end}`;
    if (next !== to) path += ` H${next.x + WIDTH}`;
    y = end;
  }
  return path;
}
