/**
 * Waits for work, but not longer than `milliseconds`, and says whether it was done in time. Never rejects: failed work is
 * done, too. Keeps the process alive meanwhile, and not a moment longer: what the work itself left open is up to it.
 */
export function doneWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    const done = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(done, done);
  });
}
