import type { Rank } from '../../api/messages.ts';
import { count, duration, percent } from '../shell/format.ts';

/** With fewer spans to hold it against there is nothing to say. */
const ENOUGH = 20;
/** What fewer are faster than is fast. */
const USUAL = 0.05;
/** Times that differ by less are the same. */
const SAME = 0.02;

/** Whether a span is slow for what it is, in a sentence and on a line. */
export function RankLine({ rank, time }: { readonly rank: Rank; readonly time: number }) {
  const { percentile, spans, p50, p95, p99 } = rank;
  if (spans < ENOUGH)
    return (
      <p class="rank quiet">
        {spans <= 1 ? 'The only span of its kind so far.' : `One of ${spans} of its kind so far.`}
      </p>
    );
  const longest = Math.max(p99, time) * 1.05;
  const isSlow = percentile >= 0.95;
  // The share is of those that are faster by any amount. Where most take the same time, hardly any are.
  const isTied = percentile < USUAL && time >= p50 * (1 - SAME);
  const isFast = percentile < USUAL && !isTied;
  const marks = [
    { label: 'p50', value: p50 },
    { label: 'p95', value: p95 },
    { label: 'p99', value: p99 },
  ];
  return (
    <section class="rank" aria-label="Is this span slow?">
      <p>
        <strong class={isSlow ? 'failed' : undefined}>{isTied ? 'As usual.' : verdictOn(percentile)}</strong>
        <span class="quiet">
          {' '}
          {isTied
            ? `About as long as most of ${count(spans)} like it`
            : isFast
              ? `${percentile === 0 ? 'None' : `Only ${percent(percentile)}`} of ${count(spans)} like it ${percentile === 0 ? 'is' : 'are'} faster`
              : `Slower than ${percent(percentile)} of ${count(spans)} like it`}
        </span>
      </p>
      <div class="scale">
        {marks.map(({ label, value }) => (
          <span
            key={label}
            class="mark"
            style={{ left: `${(value / longest) * 100}%` }}
            title={`${label} ${duration(value)}`}
          />
        ))}
        <span class={isSlow ? 'here is-slow' : 'here'} style={{ left: `${(time / longest) * 100}%` }} />
      </div>
      <p class="quiet marks">
        {marks.map(({ label, value }) => (
          <span key={label}>
            {label} {duration(value)}
          </span>
        ))}
      </p>
    </section>
  );
}

function verdictOn(percentile: number): string {
  if (percentile >= 0.99) return 'Very slow.';
  if (percentile >= 0.95) return 'Slow.';
  return percentile >= USUAL ? 'As usual.' : 'Fast.';
}
