import { type AlignedPath, alignPaths, pathNames } from './aligned-paths.ts';
import { greatestDeviations, shareDifference, wilsonInterval } from './significance.ts';
import type { Trace } from './trace.ts';
import { type CallProfile, type PathProfile, placeOf, profileOf, type TraceProfile } from './trace-profile.ts';

/**
 * What differs: an operation is `slower` or `faster`, fails more often (`errors`), a call path is `missing` or `new`, or
 * one span makes far more calls of a kind (`fan-out`; an N+1, when they come one after another).
 */
export type AnomalyKind = 'slower' | 'faster' | 'errors' | 'missing' | 'new' | 'fan-out';

/** One difference between two groups of traces that chance does not explain. */
export type Anomaly = {
  readonly kind: AnomalyKind;
  readonly service: string;
  readonly name: string;
  /** The service that is called, where only its calls differ. */
  readonly callee?: string;
  /** Operations from the root to this one, as `service name`, where the path is what differs. */
  readonly path?: readonly string[];
  /** Of the traces at hand: median self time in nanoseconds, share of errors, share of parents with such a child, or children of one. */
  readonly current: number;
  /** The same of the baseline. */
  readonly baseline: number;
  /** By how many robust standard deviations they differ. */
  readonly deviations: number;
};

/** Smaller differences are none: a tenth, and a tenth of a millisecond. */
const LEAST_RATIO = 0.1;
const LEAST_TIME = 100_000;
const FAN_OUT = 5;

/**
 * What is different in these traces from a baseline, the most certain first. Times by a robust z: the median of the log of
 * self times against its MAD in the baseline; errors where the Wilson intervals part; call paths by their presence below
 * their parents. At most 1 % of what is told is due to chance, however much was looked at (Benjamini–Hochberg).
 */
export function anomalies(
  current: TraceProfile | Iterable<Trace>,
  baseline: TraceProfile | Iterable<Trace>,
): Anomaly[] {
  const now = profileOf(current);
  const before = profileOf(baseline);
  const found: Anomaly[] = [];
  for (const [key, call] of now.calls) {
    const usual = before.calls.get(key);
    if (usual !== undefined) found.push(...slowness(call, usual), ...errorRate(call, usual));
  }
  const paths = alignPaths(now, before);
  for (const path of paths) found.push(...pathChange(path, now, before));
  return greatestDeviations(found, 2 * now.calls.size + paths.length, textOf);
}

function slowness(call: CallProfile, usual: CallProfile): Anomaly[] {
  const current = call.selfTimes.quantile(0.5);
  const baseline = usual.selfTimes.quantile(0.5);
  const shift = log(current) - log(baseline);
  // 1.4826 and 1.2533: the standard deviation of a normal distribution by its MAD, and that of its median.
  const spread = Math.max(1.4826 * logDeviation(usual, log(baseline)), LEAST_RATIO);
  if (Math.abs(current - baseline) < LEAST_TIME || Math.abs(shift) < spread) return [];
  const deviations = shift / (1.2533 * spread * Math.sqrt(1 / call.spans + 1 / usual.spans));
  return [{ kind: shift > 0 ? 'slower' : 'faster', ...placeOf(call), current, baseline, deviations }];
}

// The median distance from the median.
function logDeviation({ selfTimes }: CallProfile, median: number): number {
  const distances = selfTimes
    .entries()
    .map(([value, weight]): [number, number] => [Math.abs(log(value) - median), weight]);
  let below = 0;
  for (const [distance, weight] of distances.sort(([a], [b]) => a - b)) {
    below += weight;
    if (below >= selfTimes.count / 2) return distance;
  }
  return 0;
}

function errorRate(call: CallProfile, usual: CallProfile): Anomaly[] {
  const [current, baseline] = [call.errors / call.spans, usual.errors / usual.spans];
  if (wilsonInterval(call.errors, call.spans).low <= wilsonInterval(usual.errors, usual.spans).high) return [];
  const deviations = shareDifference(call.errors, call.spans, usual.errors, usual.spans);
  return [{ kind: 'errors', ...placeOf(call), current, baseline, deviations }];
}

function pathChange(path: AlignedPath, now: TraceProfile, before: TraceProfile): Anomaly[] {
  const { parent, current: own, baseline: usual, service, name } = path;
  const parents = parent === undefined ? now.traces : (parent.current?.spans ?? 0);
  const usualParents = parent === undefined ? before.traces : (parent.baseline?.spans ?? 0);
  // Which requests come is their senders' business; and of what is below a missing or a new parent, no more is said.
  if (parent === undefined || parents === 0 || usualParents === 0) return [];
  const place = { service, name, path: pathNames(path) };
  const current = (own?.parents ?? 0) / parents;
  const baseline = (usual?.parents ?? 0) / usualParents;
  const deviations = shareDifference(own?.parents ?? 0, parents, usual?.parents ?? 0, usualParents);
  if (current < baseline / 2) return [{ kind: 'missing', ...place, current, baseline, deviations }];
  if (usual === undefined) return [{ kind: 'new', ...place, current, baseline, deviations }];
  return own === undefined ? [] : fanOut(own, usual, place);
}

function fanOut(own: PathProfile, usual: PathProfile, place: Pick<Anomaly, 'service' | 'name' | 'path'>): Anomaly[] {
  const current = own.spans / own.parents;
  const baseline = usual.spans / usual.parents;
  if (current < FAN_OUT || current < 2 * baseline) return [];
  const deviations = (current - baseline) / Math.sqrt(variance(own, current) + variance(usual, baseline));
  return [{ kind: 'fan-out', ...place, current, baseline, deviations }];
}

// Of the mean; counts vary at least as those of chance do.
function variance({ squares, parents }: PathProfile, mean: number): number {
  return Math.max(squares / parents - mean * mean, mean) / parents;
}

function textOf({ kind, service, name, callee = '', path = [] }: Anomaly): string {
  return [kind, service, name, callee, ...path].join('\n');
}

function log(time: number): number {
  return Math.log(Math.max(time, 1));
}
