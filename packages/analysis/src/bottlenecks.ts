import { CLOCK_TOLERANCE } from './asynchronous.ts';
import { type CriticalPath, criticalPath, type Interval } from './critical-path.ts';
import { Drag } from './drag.ts';
import { systemOf } from './peer.ts';
import type { Trace, TraceSpan } from './trace.ts';
import { generalName } from './trace-profile.ts';

/**
 * What a request spent time on: a `database`, an `external` call whose other side is not in the trace, the `network`
 * between two spans of one call, a `queue`, a `wait` for a lock, a pool or a timer as far as the span's name says so, or
 * its own code (`cpu`). And two patterns: the same call again and again (`n+1`), and calls one right after another that
 * may not need each other's results (`sequential`).
 */
export type BottleneckKind = 'database' | 'external' | 'network' | 'queue' | 'wait' | 'cpu' | 'n+1' | 'sequential';

/** Something that a request spent time on, over all spans of one operation. */
export type Bottleneck = {
  readonly kind: BottleneckKind;
  readonly service: string;
  /** The operation that took the time; for `sequential` the one that made the calls. */
  readonly name: string;
  readonly spans: readonly TraceSpan[];
  /** Nanoseconds on the critical path: self time, for patterns all time of the calls. */
  readonly time: number;
  /**
   * Nanoseconds by which the request would be faster if this took no time; for `n+1` if there were one call, for
   * `sequential` if the calls ran at once. Less than {@link time} where other work runs beside it.
   */
  readonly drag: number;
};

/** So many sequential calls of one kind from one span are a loop, as Sentry's detector has it. */
const LOOP = 5;
const WAITING =
  /\b(?:wait|waiting|lock|mutex|semaphore|acquire|sleep|throttle|backoff|debounce)\b|[_.]lock|getconnection/i;

/** What made a request slow, the one first that would save most; of a part of the trace by its own critical path. */
export function bottlenecks(trace: Trace, path: CriticalPath = criticalPath(trace)): Bottleneck[] {
  const drag = new Drag(path);
  return [...operations(path, drag), ...patterns(path, drag)].sort(
    (a, b) =>
      b.drag - a.drag ||
      b.time - a.time ||
      compare(a.service, b.service) ||
      compare(a.name, b.name) ||
      compare(a.kind, b.kind),
  );
}

function operations({ segments }: CriticalPath, drag: Drag): Bottleneck[] {
  const groups = new Map<string, Group>();
  const groupOf = new Map<TraceSpan, Group>();
  for (const [at, { span, start, end }] of segments.entries()) {
    let group = groupOf.get(span);
    if (group === undefined) {
      group = newGroup(span);
      const key = `${group.kind}\n${group.service}\n${group.name}`;
      group = groups.get(key) ?? group;
      groups.set(key, group);
      groupOf.set(span, group);
      group.spans.push(span);
    }
    group.segments.push(at);
    group.time += end - start;
  }
  return [...groups.values()].map(({ segments: own, ...rest }) => ({ ...rest, drag: drag.of(own) }));
}

type Group = Omit<Bottleneck, 'drag' | 'time' | 'spans'> & { segments: number[]; spans: TraceSpan[]; time: number };

function newGroup(span: TraceSpan): Group {
  const { resource, name } = span.span;
  return { kind: kindOf(span), service: resource.service, name, segments: [], spans: [], time: 0 };
}

function kindOf(span: TraceSpan): BottleneckKind {
  const system = systemOf(span.span);
  if (system === 'call') return span.children.some((child) => child.span.kind === 'server') ? 'network' : 'external';
  return system ?? (WAITING.test(span.span.name) ? 'wait' : 'cpu');
}

function patterns(path: CriticalPath, drag: Drag): Bottleneck[] {
  const found: Bottleneck[] = [];
  for (const [parent, calls] of callsByParent(path)) {
    if (calls.length === 1) continue;
    const loops = new Map<string, Interval[]>();
    for (const call of calls) append(loops, signature(call.span), call);
    const repeated = new Set<Interval>();
    for (const loop of loops.values()) {
      if (loop.length < LOOP) continue;
      for (const call of loop) repeated.add(call);
      add('n+1', loop[0]?.span ?? parent, loop);
    }
    let run: Interval[] = [];
    for (const call of [...calls, undefined]) {
      const previous = run.at(-1);
      if (
        call !== undefined &&
        !repeated.has(call) &&
        (previous === undefined || call.start - previous.end <= CLOCK_TOLERANCE)
      ) {
        run.push(call);
        continue;
      }
      if (run.length > 1) add('sequential', parent, run);
      run = call === undefined || repeated.has(call) ? [] : [call];
    }
  }
  return found;

  function add(kind: BottleneckKind, { span }: TraceSpan, calls: readonly Interval[]) {
    const lengths = calls.map(({ start, end }) => end - start);
    const time = lengths.reduce((sum, length) => sum + length, 0);
    const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
    const apart = calls.reduce((sum, { start, end }) => sum + drag.within(start, end), 0);
    const together = drag.within(calls[0]?.start ?? 0, calls.at(-1)?.end ?? 0);
    found.push({
      kind,
      service: span.resource.service,
      name: span.name,
      spans: calls.map((call) => call.span),
      time,
      drag: Math.min(time - longest, apart, together),
    });
  }
}

// The calls that each span on the path waited for one after another, in order of time.
function callsByParent({ spans }: CriticalPath): Map<TraceSpan, Interval[]> {
  const calls = new Map<TraceSpan, Interval[]>();
  for (let at = spans.length - 1; at > 0; at -= 1) {
    const call = spans[at] as Interval;
    if (call.span.parent !== undefined && isCall(call.span)) append(calls, call.span.parent, call);
  }
  // Parents come before their children and the latest first, so siblings are in order already once turned around.
  return calls;
}

// A call, or what a library wraps around one.
function isCall({ span, children }: TraceSpan): boolean {
  return (
    span.kind !== 'server' &&
    (systemOf(span) !== undefined ||
      (children.length === 1 && children[0] !== undefined && systemOf(children[0].span) !== undefined))
  );
}

function signature({ span }: TraceSpan): string {
  return `${span.resource.service}\n${span.kind}\n${generalName(span.name)}`;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
