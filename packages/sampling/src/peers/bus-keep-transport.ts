import { randomBytes } from 'node:crypto';

const TIMEOUT_MS = 2000;
const MAX_LATE = 8;

/** The address of an instance on a bus: the name of the bus and an id of its own. */
export function busAddress(bus: string): string {
  return `${bus}/${randomBytes(9).toString('base64url')}`;
}

/** The id in an address on this bus. Throws for an address of another kind. */
export function idOnBus(bus: string, address: string): string {
  if (!address.startsWith(`${bus}/`)) throw new Error(`The peer is not to be reached by ${bus}.`);
  return address.slice(bus.length + 1);
}

/**
 * Waits for answers of a bus, but not for long, and asks no more when many are due: a client that has lost its server may
 * keep all that it is to send until it has found it again.
 */
export class BusPatience {
  #late = 0;

  /** Rejects when the time is over; the timer keeps no process alive. */
  async wait<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (this.#late >= MAX_LATE) throw new Error('The bus does not answer.');
    const answer = ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#late += 1;
        const settle = (): void => {
          this.#late -= 1;
        };
        answer.then(settle, settle);
        reject(new Error('The bus does not answer.'));
      }, TIMEOUT_MS).unref();
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
