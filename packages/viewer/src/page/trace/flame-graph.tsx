import { useMemo, useState } from 'preact/hooks';
import { count, duration, percent } from '../shell/format.ts';
import { colorOf } from '../shell/service-colors.ts';
import { type Call, callTree } from './call-tree.ts';
import type { TraceModel } from './trace-model.ts';

type FlameGraphProps = {
  readonly model: TraceModel;
  readonly focus: number | undefined;
  readonly onFocus: (span: number | undefined) => void;
};

const ROW = 24;
/** Narrower calls are left out: a share of the whole width. */
const LEAST = 0.0015;
const DEEPEST = 200;

/** Where the time went by call path: spans of the same path are one box, as wide as the time they took together. */
export function FlameGraph({ model, focus }: FlameGraphProps) {
  const tree = useMemo(() => callTree(model, focus), [model, focus]);
  const [zoomed, setZoomed] = useState<Call>();
  const whole = zoomed !== undefined && zoomed.tree === tree ? zoomed : tree;
  const boxes = useMemo(() => boxesOf(whole), [whole]);
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0);
  return (
    <section class="flame" aria-label="Flame graph">
      <p class="quiet note">
        Width is time in spans of the same path, added up. Choose a box to look closer.
        {whole === tree ? null : (
          <button type="button" class="button small" onClick={() => setZoomed(undefined)}>
            All
          </button>
        )}
      </p>
      <div class="boxes" style={{ height: `${(depth + 1) * ROW}px` }}>
        {boxes.map(({ call, left, width, depth: row }) => (
          <button
            key={call.path}
            type="button"
            class={`box ${colorOf(call.service)}${call.errors > 0 ? ' has-failed' : ''}`}
            style={{ left: `${left * 100}%`, width: `${width * 100}%`, top: `${row * ROW}px` }}
            title={`${call.name}\n${call.service}\n${duration(call.time)} (${percent(call.time / Math.max(1, whole.time))}), ${duration(call.selfTime)} of its own\n${count(call.spans)} spans, ${count(call.errors)} failed`}
            onClick={() => setZoomed(call)}
          >
            {width > 0.02 ? call.name : ''}
            {call.spans > 1 && width > 0.05 ? <span class="times">×{count(call.spans)}</span> : null}
          </button>
        ))}
      </div>
    </section>
  );
}

type Box = { readonly call: Call; readonly left: number; readonly width: number; readonly depth: number };

function boxesOf(whole: Call): Box[] {
  const boxes: Box[] = [];
  const stack: Box[] = [];
  const add = (call: Call, left: number, width: number, depth: number) => stack.push({ call, left, width, depth });
  if (whole.path === '') layBelow(whole, 0, 1, 0);
  else add(whole, 0, 1, 0);
  for (let box = stack.pop(); box !== undefined; box = stack.pop()) {
    boxes.push(box);
    if (box.depth < DEEPEST) layBelow(box.call, box.left, box.width, box.depth + 1);
  }
  return boxes;

  function layBelow(call: Call, from: number, width: number, depth: number): void {
    const below = [...call.calls.values()].sort((a, b) => b.time - a.time);
    const total = below.reduce((sum, { time }) => sum + time, 0);
    // Calls side by side may take longer together than who made them.
    const scale = width / Math.max(1, call.time, total);
    let left = from;
    for (const next of below) {
      const share = next.time * scale;
      if (share < LEAST) break;
      add(next, left, share, depth);
      left += share;
    }
  }
}
