import { compareTexts } from './collections.ts';

/** 1 % of honest measurements lie outside of ± this. */
const Z = 2.576;

/**
 * Between which shares the true one lies, with 99 % confidence, after so many of so many (Wilson, 1927): also right for few
 * and for none.
 */
export function wilsonInterval(count: number, total: number): { readonly low: number; readonly high: number } {
  if (total <= 0) return { low: 0, high: 1 };
  const share = count / total;
  const centre = share + (Z * Z) / (2 * total);
  const spread = Z * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  const scale = 1 + (Z * Z) / total;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** By how many standard deviations two shares differ, positive if the first is greater. */
export function shareDifference(count: number, total: number, baseCount: number, baseTotal: number): number {
  if (total <= 0 || baseTotal <= 0) return 0;
  // One more of each kind keeps all of few from being certain.
  const pooled = (count + baseCount + 1) / (total + baseTotal + 2);
  return (count / total - baseCount / baseTotal) / Math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / baseTotal));
}

/** How likely chance alone would give at least this many standard deviations, in either direction. */
export function probabilityOf(deviations: number): number {
  // Abramowitz and Stegun, 26.2.17.
  const x = Math.abs(deviations);
  const t = 1 / (1 + 0.231_641_9 * x);
  const tail =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return Math.min(1, 2 * tail * Math.exp((-x * x) / 2) * 0.398_942_280_4);
}

/**
 * Which of the findings to believe so that on average at most this share of them is due to chance (Benjamini and
 * Hochberg, 1995), when so many things were looked at to find them.
 */
export function believable<T>(
  findings: readonly T[],
  probability: (finding: T) => number,
  looked: number,
  share = 0.01,
): T[] {
  const sorted = findings.map(probability).sort((a, b) => a - b);
  let threshold = -1;
  for (const [at, p] of sorted.entries()) if (p <= (share * (at + 1)) / looked) threshold = p;
  return findings.filter((finding) => probability(finding) <= threshold);
}

/** The deviations to believe, the greatest first; equal ones by what the texts say. */
export function greatestDeviations<T extends { readonly deviations: number }>(
  findings: readonly T[],
  looked: number,
  textOf: (finding: T) => string,
): T[] {
  return believable(findings, ({ deviations }) => probabilityOf(deviations), looked).sort(
    (a, b) => Math.abs(b.deviations) - Math.abs(a.deviations) || compareTexts(textOf(a), textOf(b)),
  );
}
