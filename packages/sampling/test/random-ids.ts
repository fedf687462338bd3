import { randomBytes } from 'node:crypto';

/** Random numbers from 0 to below 1 that are the same again for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Trace ids that are the same again for the same seed. */
export function traceIds(seed: number): () => string {
  const random = randomNumbers(seed);
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return () => word() + word() + word() + word();
}

/** A new seed for every run, printed so that a run that failed can be repeated: `THROUGHLINE_SEED=… vitest run …`. */
export function newSeed(): number {
  const given = Number(process.env.THROUGHLINE_SEED);
  const seed = Number.isInteger(given) && given > 0 ? given : randomBytes(4).readUInt32BE() || 1;
  console.log(`THROUGHLINE_SEED=${seed}`);
  return seed;
}
