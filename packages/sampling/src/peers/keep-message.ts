import { isAddress } from './peer-proof.ts';
import { MAC_LENGTH, type PeerSecret } from './peer-secret.ts';
import type { PeerCounter } from './peer-stats.ts';
import { TwoGenerations } from './two-generations.ts';

/** So many traces are named in one message at most. */
export const MAX_IDS = 1000;
/** How long a message may be. */
export const MAX_MESSAGE_LENGTH = 24_000;

const VERSION = '1';
const ID_LENGTH = 22;
const WINDOW_MS = 30_000;
// All that a peer may send in the time that a message is good for.
const MAX_SEEN = 60_000;
// Of the last character of a hash only two bits count: another with the same two would be the same hash in another text.
const HASH = `[\\w-]{${MAC_LENGTH - 1}}[AQgw]`;
const HEAD = new RegExp(`^${VERSION}\\.(kept|part)\\.([0-9a-z]{1,9})\\.(${HASH})\\.([\\w.:/[\\]-]{0,128})$`);
const IDS = /^[\w-]*$/;

/** What a message says of its traces: that the sender keeps them; or that it has parts of them, and wants to be told. */
export type KeepNews = 'kept' | 'part';

/** What a peer says of which traces. */
export type KeepMessage = { readonly from: string; readonly news: KeepNews; readonly traceIds: readonly string[] };

/**
 * The messages by which peers tell each other which traces they keep, or have parts of: a line
 * `1.<kept or part>.<time>.<keyed hash>.<sender>` and the trace ids, 22 characters each. The hash covers all of it and the
 * receiver, and a receiver takes each hash once, within half a minute. So whoever can read or repeat messages makes nobody
 * keep anything.
 */
export class KeepMessages {
  readonly #secret: PeerSecret;
  readonly #counter: PeerCounter;
  readonly #now: () => number;
  readonly #seen = new TwoGenerations<true>(MAX_SEEN, 2 * WINDOW_MS);

  /** @param now a clock in milliseconds since 1970 */
  constructor(secret: PeerSecret, counter: PeerCounter, now: () => number) {
    this.#secret = secret;
    this.#counter = counter;
    this.#now = now;
  }

  write(news: KeepNews, from: string, to: string, traceIds: readonly string[]): string {
    const time = Math.floor(this.#now()).toString(36);
    const body = Buffer.from(traceIds.join(''), 'hex');
    const ids = traceIds.map((_id, n) => body.toString('base64url', n * 16, n * 16 + 16)).join('');
    const signature = this.#secret.sign(signedText(news, time, from, to, ids));
    return `${VERSION}.${news}.${time}.${signature}.${from}\n${ids}`;
  }

  /** What a message to this address says; `undefined` if it is none of a peer's. */
  read(message: string, to: string): KeepMessage | undefined {
    const end = message.length > MAX_MESSAGE_LENGTH ? -1 : message.indexOf('\n');
    const [, news, time, signature, from = ''] = (end < 0 ? undefined : HEAD.exec(message.slice(0, end))) ?? [];
    const ids = message.slice(end + 1);
    if (!isNews(news) || time === undefined || signature === undefined || !areIds(ids)) {
      this.#counter.malformed += 1;
      return undefined;
    }
    const isLate = Math.abs(this.#now() - Number.parseInt(time, 36)) > WINDOW_MS;
    if (!isLate && !this.#secret.verify(signedText(news, time, from, to, ids), signature)) {
      this.#counter.forged += 1;
      return undefined;
    }
    if (isLate || this.#seen.get(signature) === true) {
      this.#counter.replayed += 1;
      return undefined;
    }
    this.#seen.set(signature, true);
    return { from: isAddress(from) ? from : '', news, traceIds: readIds(ids) };
  }
}

function isNews(text: string | undefined): text is KeepNews {
  return text === 'kept' || text === 'part';
}

function areIds(ids: string): boolean {
  return ids.length > 0 && ids.length <= MAX_IDS * ID_LENGTH && ids.length % ID_LENGTH === 0 && IDS.test(ids);
}

function readIds(ids: string): string[] {
  return Array.from({ length: ids.length / ID_LENGTH }, (_, n) =>
    Buffer.from(ids.slice(n * ID_LENGTH, (n + 1) * ID_LENGTH), 'base64url').toString('hex'),
  );
}

function signedText(news: KeepNews, time: string, from: string, to: string, ids: string): string {
  return `throughline ${news} ${VERSION} ${time} ${from} ${to} ${ids}`;
}
