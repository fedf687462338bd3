const MAX_HEAD_BYTES = 16_384;
const NOTHING = Buffer.alloc(0);

/** A response that was read to its end. */
export type HttpAnswer = {
  readonly status: number;
  /** By lower-case name; of lines with the same name, the last one. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether another request may follow on the same connection. */
  readonly keepsConnection: boolean;
};

/** Reads the response to one POST from the bytes of a connection. https://www.rfc-editor.org/rfc/rfc9112 */
export class HttpAnswerReader {
  /** Whether anything of a response has come. */
  hasBegun = false;
  readonly #maxBodyBytes: number;
  #unread: Buffer = NOTHING;
  #head: Head | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  /** What is left of the body or of the chunk that is being read. */
  #left = 0;
  #step: 'size' | 'data' | 'data-end' | 'trailers' = 'size';

  /** @param maxBodyBytes what is longer is cut off */
  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Takes bytes as they come. Returns the response when it is complete; throws if it is none. */
  read(bytes: Buffer): HttpAnswer | undefined {
    this.hasBegun = true;
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    // What is interim, such as 100, is followed by the response.
    while (this.#head === undefined || this.#head.status < 200) {
      this.#head = this.#readHead();
      if (this.#head === undefined) return undefined;
      if (this.#head.status === 101) throw new Error('the collector speaks another protocol');
    }
    const head = this.#head;
    if (head.body === 'chunked') return this.#readChunks(head);
    this.#take(head.body === 'until-close' ? this.#unread.length : this.#left);
    if (this.#bodyBytes >= this.#maxBodyBytes) return this.#answer(head, false);
    if (head.body === 'until-close' || this.#left > 0) return undefined;
    return this.#answer(head, head.keepsConnection && this.#unread.length === 0);
  }

  /** The connection has ended. Returns the response if that was its end. */
  end(): HttpAnswer | undefined {
    return this.#head?.body === 'until-close' ? this.#answer(this.#head, false) : undefined;
  }

  #readHead(): Head | undefined {
    const text = this.#readTo('\r\n\r\n');
    if (text === undefined) return undefined;
    const head = parseHead(text);
    this.#left = head.length;
    return head;
  }

  #readChunks(head: Head): HttpAnswer | undefined {
    for (;;) {
      if (this.#step === 'data') {
        this.#take(this.#left);
        if (this.#bodyBytes >= this.#maxBodyBytes) return this.#answer(head, false);
        if (this.#left > 0) return undefined;
        this.#step = 'data-end';
      }
      const line = this.#readTo('\r\n');
      if (line === undefined) return undefined;
      if (this.#step === 'trailers') {
        if (line === '') return this.#answer(head, head.keepsConnection && this.#unread.length === 0);
      } else if (this.#step === 'data-end') {
        if (line !== '') throw new Error('a chunk of the answer is too long');
        this.#step = 'size';
      } else {
        this.#left = numberOf(/^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line)?.[1], 16);
        this.#step = this.#left === 0 ? 'trailers' : 'data';
      }
    }
  }

  #readTo(mark: string): string | undefined {
    const end = this.#unread.indexOf(mark);
    if ((end < 0 ? this.#unread.length : end) > MAX_HEAD_BYTES) throw new Error('the head of the answer is too long');
    if (end < 0) return undefined;
    const text = this.#unread.toString('latin1', 0, end);
    this.#unread = this.#unread.subarray(end + mark.length);
    return text;
  }

  #take(bytes: number): void {
    const taken = this.#unread.subarray(0, bytes);
    if (taken.length === 0) return;
    this.#unread = this.#unread.subarray(taken.length);
    this.#left -= taken.length;
    this.#bodyBytes += taken.length;
    this.#body.push(taken);
  }

  #answer({ status, headers }: Head, keepsConnection: boolean): HttpAnswer {
    return { status, headers, body: Buffer.concat(this.#body), keepsConnection };
  }
}

type Head = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly keepsConnection: boolean;
  readonly body: 'chunked' | 'length' | 'until-close';
  readonly length: number;
};

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
  const status = numberOf(digits, 10);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const keepsConnection = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive');
  const shared = { status, headers, keepsConnection };
  if (status < 200 || status === 204 || status === 304) return { ...shared, body: 'length', length: 0 };
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) {
    const isChunked = /(?:^|,)[ \t]*chunked$/i.test(coding);
    return { ...shared, body: isChunked ? 'chunked' : 'until-close', length: 0 };
  }
  const length = headers.get('content-length');
  if (length === undefined) return { ...shared, body: 'until-close', length: 0 };
  return { ...shared, body: 'length', length: numberOf(/^\d{1,15}$/.exec(length)?.[0], 10) };
}

function numberOf(digits: string | undefined, radix: number): number {
  if (digits === undefined) throw new Error('the answer is no HTTP/1.1');
  return Number.parseInt(digits, radix);
}
