import { type AlignedPath, alignPaths } from './aligned-paths.ts';
import { compareTexts, getOrMake } from './collections.ts';
import { shareDifference } from './significance.ts';
import type { Trace } from './trace.ts';
import { type CallProfile, placeOf, profileOf, type TraceProfile } from './trace-profile.ts';

/** A service that may be what went wrong. */
export type RootCause = {
  readonly service: string;
  /** How much of the requests it accounts for: 1 is one whole usual duration more for each, or each broken off. */
  readonly score: number;
  /** What speaks for it, the strongest first. */
  readonly evidence: readonly RootCauseEvidence[];
};

/** One thing that speaks for a service: time added, calls broken off, spans that are new, errors that began there. */
export type RootCauseEvidence = {
  readonly kind: 'slower' | 'broken-off' | 'new' | 'errors';
  readonly service: string;
  readonly name: string;
  readonly callee?: string;
  readonly score: number;
};

/** So many standard deviations are no chance. */
const CERTAIN = 3;
/** What is slower by less than a tenth and a tenth of a millisecond is not. */
const SLOWER = 1.1;
const LEAST_TIME = 100_000;

/**
 * Which services the difference between these traces and a baseline comes from, the likeliest first; none, where nothing
 * differs beyond chance. A service is suspect as far as its own operations, the calls that it makes and the calls that
 * are made to it take longer on critical paths, and the more so the more of these do: slow calls from one service to many
 * speak against the caller, those of many to one against the callee. Where spans of one path now end with another child
 * and the rest is missing, the service of that child is suspect; where they have none, their own. Errors count where they
 * began.
 */
export function rootCauses(
  current: TraceProfile | Iterable<Trace>,
  baseline: TraceProfile | Iterable<Trace>,
): RootCause[] {
  const now = profileOf(current);
  const before = profileOf(baseline);
  if (now.traces === 0 || before.traces === 0) return [];
  const suspects = new Map<string, Suspect>();
  const usualDuration = Math.max(before.duration / before.traces, 1);
  for (const [key, call] of now.calls) {
    const usual = before.calls.get(key);
    if (usual === undefined) continue;
    const excess = addedTime(call, usual) / now.traces / usualDuration;
    for (const service of call.callee === undefined ? [call.service] : [call.service, call.callee]) {
      const suspect = suspectOf(suspects, service);
      suspect.calls += 1;
      if (excess > 0) {
        suspect.slowCalls += 1;
        suspect.evidence.push({ kind: 'slower', ...placeOf(call), score: excess });
      }
    }
    const began = call.ownErrors / call.spans - usual.ownErrors / usual.spans;
    if (shareDifference(call.ownErrors, call.spans, usual.ownErrors, usual.spans) > CERTAIN)
      accuse(call.service, { kind: 'errors', ...placeOf(call), score: (began * call.spans) / now.traces });
  }
  const broken = new Set<AlignedPath>();
  const paths = alignPaths(now, before);
  for (const { parent, current: own, baseline: usual, service, name } of paths) {
    if (parent?.current === undefined || parent.baseline === undefined) continue;
    const present = own?.parents ?? 0;
    const difference = shareDifference(present, parent.current.spans, usual?.parents ?? 0, parent.baseline.spans);
    if (difference < -CERTAIN) broken.add(parent);
    if (usual === undefined && difference > CERTAIN)
      accuse(parent.service, { kind: 'new', service, name, score: present / now.traces });
  }
  for (const { current: own, baseline: usual, service, name } of broken) {
    if (own === undefined || usual === undefined) continue;
    for (const [last, count] of own.lastChildren) {
      const usually = usual.lastChildren.get(last) ?? 0;
      if (shareDifference(count, own.spans, usually, usual.spans) <= CERTAIN) continue;
      const score = (count - (usually / usual.spans) * own.spans) / now.traces;
      accuse(last === '' ? service : last, { kind: 'broken-off', service, name, score });
    }
  }
  return [...suspects]
    .map(([service, suspect]) => verdict(service, suspect))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || compareTexts(a.service, b.service));

  function accuse(service: string, evidence: RootCauseEvidence) {
    suspectOf(suspects, service).evidence.push(evidence);
  }
}

type Suspect = { calls: number; slowCalls: number; readonly evidence: RootCauseEvidence[] };

function suspectOf(suspects: Map<string, Suspect>, service: string): Suspect {
  return getOrMake(suspects, service, () => ({ calls: 0, slowCalls: 0, evidence: [] }));
}

function verdict(service: string, { calls, slowCalls, evidence }: Suspect): RootCause {
  const slow = slowCalls / Math.max(calls, 1);
  const weighed = evidence.map((item) => (item.kind === 'slower' ? { ...item, score: item.score * slow } : item));
  return {
    service,
    score: weighed.reduce((sum, { score }) => sum + score, 0),
    evidence: weighed.sort((a, b) => b.score - a.score),
  };
}

/**
 * By how much the spans that were slower than nearly all of the baseline exceed its median, nanoseconds over all; 0 if
 * they are no more than the twentieth that has to be there, by chance.
 */
function addedTime({ pathTimes, spans }: CallProfile, { pathTimes: usual }: CallProfile): number {
  const [median = 0, high = 0] = usual.quantiles(0.5, 0.95);
  const limit = high * SLOWER + LEAST_TIME;
  let slow = 0;
  let added = 0;
  for (const [time, count] of pathTimes.entries()) {
    if (time <= limit) continue;
    slow += count;
    added += (time - median) * count;
  }
  return slow / spans > 0.05 + CERTAIN * Math.sqrt((0.05 * 0.95) / spans) ? added : 0;
}
