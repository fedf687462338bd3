import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/** How much is taken in. */
export type BodyLimits = {
  /** Bytes of one body as it comes. */
  readonly body: number;
  /** Bytes of one body, unpacked. */
  readonly unpacked: number;
  /** Bytes of all bodies that are not stored yet. */
  readonly pending: number;
};

export const DEFAULT_LIMITS: BodyLimits = { body: 2 ** 24, unpacked: 2 ** 26, pending: 2 ** 26 };

/** A body that is not taken in, and with which status. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: 400 | 413 | 415 | 503;

  constructor(status: 400 | 413 | 415 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** Two at once keep the thread pool free for others, and small what packed bodies can grow to. */
const MAX_UNPACKING = 2;
const UNPACKERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** Takes bodies in, and keeps all that are not stored yet within bounds. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #waiting: (() => void)[] = [];
  #pending = 0;
  #unpacking = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /**
   * Reads a body, unpacks it and gives it to `use`; it counts as pending until that is done.
   *
   * @throws {BodyError} if it is too large, packed in an unknown way or not at all as said, or if too much is pending.
   */
  async read<T>(request: IncomingMessage, use: (body: Uint8Array) => Promise<T>): Promise<T> {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    const isPacked = encoding !== 'identity' && encoding !== '';
    if (isPacked && !Object.hasOwn(UNPACKERS, encoding))
      throw new BodyError(415, 'Expected `Content-Encoding` to be gzip, deflate, br or none.');
    if (Number(request.headers['content-length'] ?? 0) > this.#limits.body) throw this.#tooLarge();
    let held = 0;
    const hold = (bytes: number) => {
      held += bytes;
      this.#pending += bytes;
      if (this.#pending > this.#limits.pending) throw new BodyError(503, 'The viewer is busy; try again later.');
    };
    try {
      const packed = await this.#collect(request, hold);
      if (!isPacked) return await use(packed);
      const body = await this.#unpack(packed, encoding as keyof typeof UNPACKERS);
      hold(body.length - packed.length);
      return await use(body);
    } finally {
      this.#pending -= held;
    }
  }

  async #collect(request: IncomingMessage, hold: (bytes: number) => void): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size > this.#limits.body) throw this.#tooLarge();
      hold(chunk.length);
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
  }

  async #unpack(packed: Uint8Array, encoding: keyof typeof UNPACKERS): Promise<Uint8Array> {
    if (this.#unpacking >= MAX_UNPACKING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#unpacking += 1;
    try {
      // Each step of zlib goes through the event loop, so large bodies take large steps.
      const chunkSize = Math.min(2 ** 20, Math.max(2 ** 14, packed.length * 8));
      return await UNPACKERS[encoding](packed, { maxOutputLength: this.#limits.unpacked, chunkSize });
    } catch (error) {
      if (error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new BodyError(413, `Expected a body of at most ${this.#limits.unpacked} bytes, unpacked.`);
      throw new BodyError(400, 'Expected a body that is packed as `Content-Encoding` says.');
    } finally {
      this.#unpacking -= 1;
      this.#waiting.shift()?.();
    }
  }

  #tooLarge(): BodyError {
    return new BodyError(413, `Expected a body of at most ${this.#limits.body} bytes.`);
  }
}
