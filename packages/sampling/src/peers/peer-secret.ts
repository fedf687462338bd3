import { createHmac, timingSafeEqual } from 'node:crypto';

const BYTES = 16;

/** How long a proof is: 128 bits as base64url. */
export const MAC_LENGTH = 22;

/** What peers know and others do not. The first secret signs; all verify, so that one can be replaced by another. */
export class PeerSecret {
  readonly #secrets: readonly string[];

  constructor(secret: string | readonly string[]) {
    this.#secrets = typeof secret === 'string' ? [secret] : secret;
  }

  /** A keyed hash of the text: HMAC-SHA256, cut to 128 bits. */
  sign(text: string): string {
    return mac(this.#secrets[0] as string, text).toString('base64url');
  }

  verify(text: string, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== BYTES) return false;
    return this.#secrets.some((secret) => timingSafeEqual(mac(secret, text), given));
  }
}

function mac(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, BYTES);
}
