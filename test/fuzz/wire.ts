/** What a client has read of one response. */
export type WireResponse = {
  readonly method: string;
  status: number | undefined;
  /** All bytes of it, also those of interim responses, as Latin-1. */
  text: string;
  isComplete: boolean;
};

/** Takes apart what comes over a connection, as responses to requests with these methods (RFC 9112, section 6.3). */
export function readResponses(received: string, methods: readonly string[], isClosed: boolean): WireResponse[] {
  let at = 0;
  return methods.map((method) => {
    const from = at;
    const read = readOne(received, at, method, isClosed);
    at = read.end;
    return { method, status: read.status, text: received.slice(from, at), isComplete: read.isComplete };
  });
}

type Read = { end: number; status: number | undefined; isComplete: boolean };

function readOne(received: string, from: number, method: string, isClosed: boolean): Read {
  const headEnd = received.indexOf('\r\n\r\n', from);
  if (headEnd < 0) return { end: received.length, status: undefined, isComplete: false };
  const head = received.slice(from, headEnd);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  const start = headEnd + 4;
  if (status < 200) return readOne(received, start, method, isClosed);
  if (method === 'HEAD' || status === 204 || status === 304) return { end: start, status, isComplete: true };
  if (/^transfer-encoding: chunked\r?$/im.test(head)) {
    const end = endOfChunks(received, start);
    return { end: end ?? received.length, status, isComplete: end !== undefined };
  }
  const length = /^content-length: (\d+)\r?$/im.exec(head)?.[1];
  if (length === undefined) return { end: received.length, status, isComplete: isClosed };
  const end = start + Number(length);
  return { end: Math.min(end, received.length), status, isComplete: received.length >= end };
}

function endOfChunks(received: string, start: number): number | undefined {
  let at = start;
  for (;;) {
    const line = received.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(received.slice(at, line), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk begins with ${JSON.stringify(received.slice(at, at + 40))}`);
    at = line + 2 + size + 2;
    if (at > received.length) return undefined;
    if (size === 0) return at;
  }
}

/** The response without what differs by design: its date, the correlation id that an adapter adds, and stack traces. */
export function comparable(text: string): string {
  const same = text.replaceAll(/^(?:date|x-request-id): .*\r\n/gim, '');
  // The page that Express answers failures with has a stack trace in it, and a length by that.
  if (!same.includes("default-src 'none'")) return same;
  return same.replaceAll(/<br> &nbsp; &nbsp;at .*/g, '').replaceAll(/^content-length: .*\r\n/gim, '');
}
