import { MAC_LENGTH, type PeerSecret } from './peer-secret.ts';
import type { PeerCounter } from './peer-stats.ts';
import { TwoGenerations } from './two-generations.ts';

const MINUTE_MS = 60_000;
const VERSION = '1';
const MAX_KNOWN = 2000;
const PROOF = new RegExp(`^${VERSION}\\.([0-9a-z]{1,8})\\.([\\w-]{${MAC_LENGTH}})\\.([\\w.:/[\\]-]{0,128})$`);

/** Whether an address may be part of a proof. */
export function isAddress(address: string): boolean {
  return /^[\w.:/[\]-]{1,128}$/.test(address);
}

/**
 * The proofs of being a peer: `1.<minute>.<keyed hash>.<address>`. Ours is made once a minute, and that of a peer verified
 * once a minute, so what a request costs is to find a text in a map. A proof is good in its minute and the ones beside it, as
 * clocks differ; within that time who has seen it can show it again, and learns by that which of its own traces we keep.
 */
export class PeerProofs {
  readonly #secret: PeerSecret;
  readonly #counter: PeerCounter;
  readonly #now: () => number;
  readonly #known = new TwoGenerations<{ readonly address: string; readonly minute: number }>(MAX_KNOWN, MINUTE_MS);
  #address = '';
  #minute = -1;
  #text = '';

  /** @param now a clock in milliseconds since 1970 */
  constructor(secret: PeerSecret, counter: PeerCounter, now: () => number) {
    this.#secret = secret;
    this.#counter = counter;
    this.#now = now;
  }

  /** Where this instance can be told of kept traces. */
  get address(): string {
    return this.#address;
  }

  set address(address: string) {
    this.#address = address;
    this.#minute = -1;
  }

  /** The proof of this instance. */
  text(): string {
    const minute = this.#currentMinute();
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#text = `${VERSION}.${minute.toString(36)}.${this.#sign(minute, this.#address)}.${this.#address}`;
    }
    return this.#text;
  }

  /** The address of the peer whose proof this is, `''` if it has none; `undefined` if it is no proof. */
  verify(text: string): string | undefined {
    const known = this.#known.get(text) ?? this.#read(text);
    if (known === undefined) return undefined;
    if (Math.abs(this.#currentMinute() - known.minute) <= 1) return known.address;
    this.#counter.replayed += 1;
    return undefined;
  }

  #read(text: string): { address: string; minute: number } | undefined {
    const [, written, signature, address] = PROOF.exec(text) ?? [];
    if (written === undefined || signature === undefined || address === undefined) {
      this.#counter.malformed += 1;
      return undefined;
    }
    const minute = Number.parseInt(written, 36);
    // What is out of date needs no proof, and cannot be used to keep us busy.
    if (Math.abs(this.#currentMinute() - minute) > 1) {
      this.#counter.replayed += 1;
      return undefined;
    }
    if (!this.#secret.verify(signedText(minute, address), signature)) {
      this.#counter.forged += 1;
      return undefined;
    }
    const known = { address, minute };
    this.#known.set(text, known);
    return known;
  }

  #sign(minute: number, address: string): string {
    return this.#secret.sign(signedText(minute, address));
  }

  #currentMinute(): number {
    return Math.floor(this.#now() / MINUTE_MS);
  }
}

function signedText(minute: number, address: string): string {
  return `throughline peer ${VERSION} ${minute} ${address}`;
}
