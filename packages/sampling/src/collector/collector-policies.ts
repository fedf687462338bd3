import { compileRules, type SamplingRule } from '../sampling-rule.ts';
import { readDuration } from '../tail/duration.ts';
import { type KeepOptions, readKeepOptions } from '../tail/keep-options.ts';
import type { SamplingPolicy } from './collector-config.ts';
import { failed, rootOf, rootOfNone, slow } from './ottl.ts';
import type { Yaml } from './yaml.ts';

/** The policies of the Collector's `tail_sampling` processor, of which one must agree for a trace to be kept. */
export type CollectorPolicies = {
  readonly policies: Yaml[];
  /** How long a trace is waited for, from its first span. */
  readonly waitSeconds: number;
  readonly remarks: readonly string[];
};

/** Translates a policy. Throws a `TypeError` where it is malformed. */
export function collectorPolicies(policy: SamplingPolicy, spansPerTrace: number): CollectorPolicies {
  const remarks: string[] = [
    'Services must export everything: startTracing({ sampling: { ratio: 1 } }).',
    'The Collector writes no sampling threshold (th), so counts cannot be scaled up from what it keeps.',
    'keepTrace() keeps nothing here: the Collector does not see it.',
  ];
  const policies = [
    ...keepPolicies(policy.keep, spansPerTrace, remarks),
    ...sharePolicies(policy, spansPerTrace, remarks),
  ];
  const wait = policy.keep === undefined ? 10_000 : readKeepOptions(policy.keep).holdMs;
  return { policies, waitSeconds: Math.max(1, Math.ceil(wait / 1000)), remarks };
}

function keepPolicies(keep: KeepOptions | undefined, spansPerTrace: number, remarks: string[]): Yaml[] {
  if (keep === undefined) return [];
  const settings = readKeepOptions(keep);
  const policies: Yaml[] = [];
  const limit = keep.perSecond === undefined ? [] : [rateLimit(keep.perSecond * spansPerTrace)];
  if (settings.errors) policies.push(all('errors', [condition(failed()), ...limit]));
  const routes = Object.entries(keep.routes ?? {}).flatMap(([pattern, value]) => {
    const milliseconds = readDuration(value);
    return milliseconds === undefined ? [] : [[pattern, milliseconds] as const];
  });
  if (settings.slowerThan === 'p99' || routes.length < settings.routes.length)
    remarks.push("The Collector knows no 'p99': give durations instead; slow traces by 'p99' are not kept.");
  if (routes.length > 0 || typeof settings.slowerThan === 'number')
    policies.push(all('slow', [condition(slow(settings, routes)), ...limit]));
  return policies;
}

function sharePolicies(policy: SamplingPolicy, spansPerTrace: number, remarks: string[]): Yaml[] {
  const { ratio = 1, rules = [], perSecond, adaptive, peers } = policy;
  const listed = rules as readonly SamplingRule[];
  compileRules(listed);
  const sorted = [...listed].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  const target = perSecond ?? (adaptive === undefined ? undefined : (adaptive.target ?? 1));
  if (adaptive !== undefined)
    remarks.push(
      'The Collector has no target for each route: adaptive.target is one limit, and the rest of it is left out.',
    );
  if (target !== undefined && sorted.length > 0)
    remarks.push('Each rule has the limit for itself, and so has the rest: together they may keep more.');
  if (peers !== undefined) remarks.push('peers are not needed: the Collector that decides sees the whole trace.');
  const limit = target === undefined ? [] : [rateLimit(target * spansPerTrace)];
  const policies: Yaml[] = sorted.flatMap((rule, index) => {
    const root = condition(rootOf(rule, sorted.slice(0, index)));
    const named = `rule ${index + 1}`;
    const share = rule.ratio > 0 ? [all(named, [root, probability(rule.ratio), ...limit])] : [];
    const least = rule.atLeast;
    return least === undefined ? share : [...share, all(`${named} at least`, [root, rateLimit(least * spansPerTrace)])];
  });
  if (ratio > 0) policies.push(all('the rest', [condition(rootOfNone(sorted)), probability(ratio), ...limit]));
  return policies;
}

function all(name: string, parts: readonly { readonly [key: string]: Yaml }[]): Yaml {
  return {
    name,
    type: 'and',
    and: { and_sub_policy: parts.map((part, index) => ({ name: `${name} ${index + 1}`, ...part })) },
  };
}

function condition(expression: string): { readonly [key: string]: Yaml } {
  return { type: 'ottl_condition', ottl_condition: { error_mode: 'ignore', span: [expression] } };
}

function probability(ratio: number): { readonly [key: string]: Yaml } {
  return { type: 'probabilistic', probabilistic: { sampling_percentage: ratio * 100 } };
}

function rateLimit(spans: number): { readonly [key: string]: Yaml } {
  return { type: 'rate_limiting', rate_limiting: { spans_per_second: Math.max(1, Math.round(spans)) } };
}
