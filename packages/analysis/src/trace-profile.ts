import { addTo, getOrMake } from './collections.ts';
import { criticalPath } from './critical-path.ts';
import { DurationSketch } from './duration-sketch.ts';
import { selfTimes } from './self-times.ts';
import type { Trace, TraceSpan } from './trace.ts';

/** What the spans of one operation did that call the same service, or none. */
export type CallProfile = {
  readonly service: string;
  readonly name: string;
  /** The other service that the spans call. */
  readonly callee: string | undefined;
  spans: number;
  errors: number;
  /** Errors without an error below them: where something went wrong first. */
  ownErrors: number;
  /** Nanoseconds of each span. */
  readonly selfTimes: DurationSketch;
  /** Nanoseconds that each span was on its trace's critical path. */
  readonly pathTimes: DurationSketch;
};

/** The spans that came about in the same way: the same operations from the root down. */
export type PathProfile = {
  readonly id: number;
  readonly parent: PathProfile | undefined;
  readonly service: string;
  readonly name: string;
  readonly depth: number;
  spans: number;
  errors: number;
  /** Nanoseconds, summed over the spans. */
  time: number;
  selfTime: number;
  /** From the start of the trace, summed over the spans. */
  start: number;
  /** Spans of the parent, traces for a root, that have such a child. */
  parents: number;
  /** The squares of the number of such children, summed over those. */
  squares: number;
  /** The service that the last child of each span ran in or called, empty for those without. */
  readonly lastChildren: Map<string, number>;
  /** The parent that is being read, and how many such children it has had so far. */
  of: TraceSpan | undefined;
  run: number;
};

const MAX_PATHS = 100_000;

/**
 * What many traces have in common, to compare with others: times and errors of operations and calls, and the ways from the
 * roots down. Holds no spans. Numbers in names (`/orders/17`) count as one name; of more than 100,000 different paths the
 * rest is left out.
 */
export class TraceProfile {
  traces = 0;
  /** Of the first roots, nanoseconds. */
  duration = 0;
  readonly calls = new Map<string, CallProfile>();
  readonly paths = new Map<string, PathProfile>();
  readonly #names = new Map<string, string>();

  add(trace: Trace): void {
    const [root] = trace.roots;
    if (root === undefined) return;
    this.traces += 1;
    this.duration += root.end - root.start;
    const self = selfTimes(trace);
    const onPath = pathTimes(trace);
    const hasErrorBelow = new Uint8Array(trace.spans.length);
    const touched: PathProfile[] = [];
    const paths: (PathProfile | undefined)[] = new Array(trace.spans.length);
    for (let index = trace.spans.length - 1; index >= 0; index -= 1) {
      const { parent, span } = trace.spans[index] as TraceSpan;
      if (parent !== undefined && (span.status === 'error' || hasErrorBelow[index] === 1))
        hasErrorBelow[parent.index] = 1;
    }
    for (const span of trace.spans) {
      const { parent, index } = span;
      const selfTime = self[index] ?? 0;
      const isError = span.span.status === 'error';
      const call = this.#call(span);
      call.spans += 1;
      if (isError) call.errors += 1;
      if (isError && hasErrorBelow[index] === 0) call.ownErrors += 1;
      call.selfTimes.add(selfTime);
      call.pathTimes.add(onPath[index] ?? 0);

      const above = parent === undefined ? undefined : paths[parent.index];
      if (parent !== undefined && above === undefined) continue;
      const path = this.#path(above, span);
      if (path === undefined) continue;
      paths[index] = path;
      path.spans += 1;
      if (isError) path.errors += 1;
      path.time += span.end - span.start;
      path.selfTime += selfTime;
      path.start += span.start;
      addTo(path.lastChildren, lastCalled(span), 1);
      // Spans of one path and one parent come together: a new parent closes the run of the last.
      if (path.run === 0 || path.of !== parent) {
        close(path);
        path.parents += 1;
        path.of = parent;
        touched.push(path);
      }
      path.run += 1;
    }
    for (const path of touched) close(path);
  }

  #call(span: TraceSpan): CallProfile {
    const { service } = span.span.resource;
    const name = this.#name(span.span.name);
    const callee = calleeOf(span);
    const key = `${service}\n${name}\n${callee ?? ''}`;
    return getOrMake(this.calls, key, () => {
      const [own, path] = [new DurationSketch(), new DurationSketch()];
      return { service, name, callee, spans: 0, errors: 0, ownErrors: 0, selfTimes: own, pathTimes: path };
    });
  }

  #path(parent: PathProfile | undefined, { span }: TraceSpan): PathProfile | undefined {
    const { service } = span.resource;
    const name = this.#name(span.name);
    const key = `${parent === undefined ? '' : parent.id}\n${service}\n${name}`;
    let path = this.paths.get(key);
    if (path === undefined && this.paths.size < MAX_PATHS) {
      const depth = parent === undefined ? 0 : parent.depth + 1;
      path = {
        id: this.paths.size,
        parent,
        service,
        name,
        depth,
        spans: 0,
        errors: 0,
        time: 0,
        selfTime: 0,
        start: 0,
        parents: 0,
        squares: 0,
        lastChildren: new Map(),
        of: undefined,
        run: 0,
      };
      this.paths.set(key, path);
    }
    return path;
  }

  #name(name: string): string {
    let general = this.#names.get(name);
    if (general === undefined) {
      general = generalName(name);
      if (this.#names.size < MAX_PATHS) this.#names.set(name, general);
    }
    return general;
  }
}

/** A name with `#` in place of what tells one thing from another of its kind: numbers and hexadecimal ids. */
export function generalName(name: string): string {
  return name.replace(/\b(?:[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d+)\b/gi, '#');
}

/** What names a call. */
export function placeOf({
  service,
  name,
  callee,
}: CallProfile): Pick<CallProfile, 'service' | 'name'> & { callee?: string } {
  return callee === undefined ? { service, name } : { service, name, callee };
}

/** The profile of these traces; one that is made already is returned as it is. */
export function profileOf(traces: TraceProfile | Trace | Iterable<Trace>): TraceProfile {
  if (traces instanceof TraceProfile) return traces;
  const profile = new TraceProfile();
  for (const trace of 'spans' in traces ? [traces] : traces) profile.add(trace);
  return profile;
}

function close(path: PathProfile): void {
  path.squares += path.run * path.run;
  path.run = 0;
  path.of = undefined;
}

function pathTimes(trace: Trace): Float64Array {
  const times = new Float64Array(trace.spans.length);
  for (const { span, start, end } of criticalPath(trace).segments)
    times[span.index] = (times[span.index] ?? 0) + end - start;
  return times;
}

// The other service that a span calls.
function calleeOf({ span, children }: TraceSpan): string | undefined {
  return children.find((child) => child.span.resource.service !== span.resource.service)?.span.resource.service;
}

// The service in which the last child ran or which it called.
function lastCalled({ children }: TraceSpan): string {
  let last = children[0];
  for (const child of children) if (last === undefined || child.end > last.end) last = child;
  return last === undefined ? '' : (calleeOf(last) ?? last.span.resource.service);
}
