/**
 * Makes the clock that is meant where nobody gives another: milliseconds that only go forward. What `performance` is, is asked
 * for once, because each look at that global calls a function of Node.
 */
export function monotonicClock(): () => number {
  const clock = performance;
  return () => clock.now();
}
