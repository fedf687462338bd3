import { ArrivalRate } from './arrival-rate.ts';
import type { Candidate } from './candidate.ts';
import { KnownRoutes } from './known-routes.ts';
import { isRatio } from './option-checks.ts';
import type { CompiledRule } from './sampling-rule.ts';
import { nearbyShare, type Share, shareOf } from './share.ts';

type Chooser = (candidate: Candidate) => Share;

const WINDOW_SECONDS = 5;

/** Makes the function that looks up the share of a trace: by the first rule that applies, or the user's function. */
export function ratioChooser(
  ratio: number,
  rules: readonly CompiledRule[] | ((candidate: Candidate) => number | undefined),
  now: () => number,
): Chooser {
  const otherwise = shareOf(ratio);
  if (typeof rules === 'function') return (candidate) => askedShare(rules(candidate), otherwise);
  if (rules.length === 0) return () => otherwise;
  const choices = rules.map((rule) => ({ rule, choose: ruleChooser(rule, now) }));
  const routes = new KnownRoutes(rules.map(({ meansRoute }) => meansRoute));
  return (candidate) => {
    const { method, route, path } = candidate;
    const answers = routes.answers(route);
    let index = 0;
    for (const { rule, choose } of choices) {
      if (rule.matches(candidate, answers[index++] === true, method, path)) return choose();
    }
    return otherwise;
  };
}

function askedShare(answer: unknown, otherwise: Share): Share {
  if (answer === undefined) return otherwise;
  if (answer instanceof Promise) answer.catch(() => {}); // too late to be of use, and nobody else will see it fail
  if (!isRatio(answer)) throw new TypeError(`it returned ${String(answer)} instead of a ratio from 0 to 1`);
  return shareOf(answer);
}

function ruleChooser({ ratio, atLeast }: CompiledRule, now: () => number): () => Share {
  const share = shareOf(ratio);
  if (atLeast === undefined) return () => share;
  const arrivals = new ArrivalRate(WINDOW_SECONDS, now());
  return () => {
    const guaranteed = nearbyShare(atLeast / arrivals.arrive(now()));
    return guaranteed.ratio > share.ratio ? guaranteed : share;
  };
}
