import { connect as connectSocket, type Socket } from 'node:net';
import { Duplex } from 'node:stream';

const HEADER_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const END_STREAM = 1;

/**
 * A connection to a server of HTTP/2 that notes which streams the server has ended: Node's client does not tell that from a
 * reset without an error (RFC 9113, sections 4.1 and 6).
 */
export class NotedConnection extends Duplex {
  /** The ids of the streams whose last frame has come. */
  readonly ended = new Set<number>();
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);

  constructor(port: number, host: string) {
    super();
    this.#socket = connectSocket({ port, host });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#note(chunk);
      if (!this.push(chunk)) this.#socket.pause();
    });
    this.#socket.on('end', () => this.push(null));
    this.#socket.on('error', (error) => this.destroy(error));
    this.#socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #note(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      if (this.#unread.length < HEADER_BYTES) return;
      const end = HEADER_BYTES + this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < end) return;
      const [type, flags, stream] = [this.#unread[3], this.#unread[4] ?? 0, this.#unread.readUInt32BE(5) & 0x7fffffff];
      if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) this.ended.add(stream);
      this.#unread = this.#unread.subarray(end);
    }
  }
}
