import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

const TURNS = 20;

/**
 * Resolves when the other end, in this process, has read what was written to a socket, for which there is no event: some
 * milliseconds later, and after so many turns of the event loop, as the milliseconds may all be over before the next one.
 */
export async function whenRead(): Promise<void> {
  await delay(20);
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}
