import { CLOCK_TOLERANCE } from './asynchronous.ts';
import { append, compareTexts, getOrMake } from './collections.ts';
import { type CriticalPath, criticalPath, type Interval } from './critical-path.ts';
import { type Drag, dragOf } from './drag.ts';
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
  const drag = dragOf(path);
  return [...operations(path, drag), ...patterns(path, drag)].sort(
    (a, b) =>
      b.drag - a.drag ||
      b.time - a.time ||
      compareTexts(a.service, b.service) ||
      compareTexts(a.name, b.name) ||
      compareTexts(a.kind, b.kind),
  );
}

function operations({ segments }: CriticalPath, drag: Drag): Bottleneck[] {
  const groups: Group[] = [];
  const byName: Names<Group> = new Map();
  const groupOf: (Group | undefined)[] = new Array(spaceFor(segments));
  for (let at = 0; at < segments.length; at += 1) {
    const { span, start, end } = segments[at] as Interval;
    let group = groupOf[span.index];
    if (group === undefined) {
      const { resource, name } = span.span;
      const { service } = resource;
      const kind = kindOf(span);
      group = getOrMake(namesOf(byName, service, kind), name, () => {
        const made = { kind, service, name, segments: [], spans: [], time: 0 };
        groups.push(made);
        return made;
      });
      groupOf[span.index] = group;
      group.spans.push(span);
    }
    group.segments.push(at);
    group.time += end - start;
  }
  return groups.map(({ segments: own, ...rest }) => ({
    ...rest,
    kind: rest.kind === 'cpu' && WAITING.test(rest.name) ? 'wait' : rest.kind,
    drag: drag.of(own),
  }));
}

type Group = Omit<Bottleneck, 'drag' | 'time' | 'spans'> & { segments: number[]; spans: TraceSpan[]; time: number };

// Maps in maps, as making one key of all for each span takes longer than all else here.
type Names<V> = Map<string, Map<string, Map<string, V>>>;

function namesOf<V>(names: Names<V>, service: string, kind: string): Map<string, V> {
  return getOrMake(getOrMake(names, service, newMap<string, Map<string, V>>), kind, newMap<string, V>);
}

function newMap<K, V>(): Map<K, V> {
  return new Map();
}

// For a list by the index of these spans.
function spaceFor(intervals: readonly Interval[]): number {
  let last = -1;
  for (const { span } of intervals) if (span.index > last) last = span.index;
  return last + 1;
}

function kindOf(span: TraceSpan): BottleneckKind {
  const system = systemOf(span.span);
  if (system === 'call') return span.children.some((child) => child.span.kind === 'server') ? 'network' : 'external';
  return system ?? 'cpu';
}

function patterns(path: CriticalPath, drag: Drag): Bottleneck[] {
  const found: Bottleneck[] = [];
  const sorts: Names<string> = new Map();
  const isRepeated = new Uint8Array(spaceFor(path.spans));
  for (const { parent, calls } of callsByParent(path)) {
    if (calls.length >= LOOP) addLoops(parent, calls);
    let run: Interval[] = [];
    for (const call of calls) {
      const isNew = isRepeated[call.span.index] === 0;
      const previous = run.at(-1);
      if (!isNew || (previous !== undefined && call.start - previous.end > CLOCK_TOLERANCE)) {
        add('sequential', parent, run);
        run = [];
      }
      if (isNew) run.push(call);
    }
    add('sequential', parent, run);
  }
  return found;

  function addLoops(parent: TraceSpan, calls: readonly Interval[]) {
    const loops = new Map<string, Interval[]>();
    for (const call of calls) append(loops, sortOf(call.span.span), call);
    for (const loop of loops.values()) {
      if (loop.length < LOOP) continue;
      for (const call of loop) isRepeated[call.span.index] = 1;
      add('n+1', loop[0]?.span ?? parent, loop);
    }
  }

  function sortOf({ resource: { service }, kind, name }: TraceSpan['span']): string {
    return getOrMake(namesOf(sorts, service, kind), name, () => `${service}\n${kind}\n${generalName(name)}`);
  }

  function add(kind: BottleneckKind, { span }: TraceSpan, calls: readonly Interval[]) {
    if (calls.length < 2) return;
    let time = 0;
    let longest = 0;
    let apart = 0;
    for (const { start, end } of calls) {
      time += end - start;
      longest = Math.max(longest, end - start);
      apart += drag.within(start, end);
    }
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
function callsByParent({ spans }: CriticalPath): Iterable<{ parent: TraceSpan; calls: Interval[] }> {
  const families: { parent: TraceSpan; calls: Interval[] }[] = [];
  const familyOf: (Interval[] | undefined)[] = new Array(spaceFor(spans));
  // Parents come before their children and the latest first, so siblings are in order already once turned around.
  for (let at = spans.length - 1; at > 0; at -= 1) {
    const call = spans[at] as Interval;
    const { parent } = call.span;
    if (parent === undefined || !isCall(call.span)) continue;
    const calls = familyOf[parent.index];
    if (calls !== undefined) {
      calls.push(call);
      continue;
    }
    const family = { parent, calls: [call] };
    familyOf[parent.index] = family.calls;
    families.push(family);
  }
  return families;
}

// A call, or what a library wraps around one.
function isCall({ span, children }: TraceSpan): boolean {
  return (
    span.kind !== 'server' &&
    (systemOf(span) !== undefined ||
      (children.length === 1 && children[0] !== undefined && systemOf(children[0].span) !== undefined))
  );
}
