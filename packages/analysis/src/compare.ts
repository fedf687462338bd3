import { type AlignedPath, alignPaths } from './aligned-paths.ts';
import { append, compareTexts } from './collections.ts';
import type { Trace } from './trace.ts';
import { type PathProfile, profileOf, type TraceProfile } from './trace-profile.ts';

/** What one trace, on average, has of a call path. */
export type PathFigures = {
  readonly spans: number;
  readonly errors: number;
  /** Nanoseconds, summed over the spans. */
  readonly time: number;
  readonly selfTime: number;
};

/** A call path in two groups of traces. */
export type ComparedPath = {
  readonly service: string;
  readonly name: string;
  /** 0 for a root. */
  readonly depth: number;
  /** Absent where the path is new. */
  readonly before: PathFigures | undefined;
  /** Absent where the path is gone. */
  readonly after: PathFigures | undefined;
  /** By how much more self time a trace has of it after than before, nanoseconds; all of them sum to what changed. */
  readonly difference: number;
};

/** Two groups of traces side by side. */
export type Comparison = {
  /** How many traces there are, and how long one takes on average, nanoseconds. */
  readonly before: { readonly traces: number; readonly duration: number };
  readonly after: { readonly traces: number; readonly duration: number };
  /** In the order of a waterfall: parents before children, siblings by when they start on average. */
  readonly paths: readonly ComparedPath[];
};

/** Compares two traces, or two groups of traces, by their call paths: what is new, gone, slower or faster in the second. */
export function compare(
  before: Trace | TraceProfile | Iterable<Trace>,
  after: Trace | TraceProfile | Iterable<Trace>,
): Comparison {
  const [first, second] = [profileOf(before), profileOf(after)];
  const children = new Map<AlignedPath | undefined, AlignedPath[]>();
  for (const path of alignPaths(second, first)) append(children, path.parent, path);
  const paths: ComparedPath[] = [];
  const open = lastFirst(children.get(undefined));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const [own, usual] = [figures(path.current, second), figures(path.baseline, first)];
    const { service, name, depth } = path;
    const difference = (own?.selfTime ?? 0) - (usual?.selfTime ?? 0);
    paths.push({ service, name, depth, before: usual, after: own, difference });
    for (const child of lastFirst(children.get(path))) open.push(child);
  }
  return { before: summary(first), after: summary(second), paths };
}

function lastFirst(siblings: AlignedPath[] = []): AlignedPath[] {
  return siblings.sort((a, b) => start(b) - start(a) || compareTexts(text(b), text(a)));
}

function start({ current, baseline }: AlignedPath): number {
  const path = baseline ?? current;
  return path === undefined ? 0 : path.start / path.spans;
}

function text({ service, name }: AlignedPath): string {
  return `${service}\n${name}`;
}

function figures(path: PathProfile | undefined, { traces }: TraceProfile): PathFigures | undefined {
  if (path === undefined) return undefined;
  const { spans, errors, time, selfTime } = path;
  return { spans: spans / traces, errors: errors / traces, time: time / traces, selfTime: selfTime / traces };
}

function summary({ traces, duration }: TraceProfile) {
  return { traces, duration: traces === 0 ? 0 : duration / traces };
}
