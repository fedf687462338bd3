import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { type Conversation, isNotAtWork, LOOK_MS, NUMBER, SILENT_LOOKS } from './conversation.ts';
import { NotedConnection } from './http2-frames.ts';
import type { Connection, Planned } from './program.ts';
import type { Visit } from './visit.ts';

/** So little that servers have to wait for clients that read slowly. */
const SMALL_WINDOW = 8000;

/**
 * Does what the program plans for one connection over HTTP/2: each stream is a conversation of its own. Who leaves breaks
 * off the connection if the requests were sent at once, and else the stream; who half-closes says that no more will come.
 */
export async function converseOverHttp2(
  url: string,
  plan: Connection,
  visits: ReadonlyMap<string, Visit>,
): Promise<Conversation[]> {
  const connection = new NotedConnection(Number(new URL(url).port), '127.0.0.1');
  const session = connect(url, {
    createConnection: () => connection,
    settings: plan.conduct.kind === 'reads slowly' ? { initialWindowSize: SMALL_WINDOW } : {},
  });
  session.on('error', () => {});
  const numbers = [...visits.keys()];
  const streams: FollowedStream[] = [];
  for (const [index, planned] of plan.requests.entries()) {
    const [number, isLast] = [numbers[index] ?? '', index === plan.requests.length - 1];
    if (session.closed || session.destroyed) break;
    const stream = new FollowedStream(session, planned, visits.get(number) as Visit, number, plan, isLast);
    streams.push(stream);
    if (isLast && plan.conduct.kind === 'half-closes') session.close();
    if (isLast && plan.conduct.kind === 'breaks off its body') await stream.breakOffItsBody();
    if (!plan.pipelined) await stream.over();
  }
  await Promise.all(streams.map((stream) => stream.over()));
  await ended(session);
  return plan.requests.map((planned, index) => conversationOf(planned, streams[index], [...visits.values()][index]));

  function conversationOf(
    planned: Planned,
    stream: FollowedStream | undefined,
    visit: Visit | undefined,
  ): Conversation {
    const { status, text = '', left = false, id } = stream ?? {};
    const isLeft = left || streams.some(({ leftAll }) => leftAll);
    const isComplete = id !== undefined && connection.ended.has(id);
    const response = { method: planned.method, status, text, isComplete };
    return { responses: [response], visits: visit === undefined ? [] : [visit], left: isLeft, halfClosed: false };
  }
}

class FollowedStream {
  status: number | undefined;
  left = false;
  /** Whether it left with the whole connection. */
  leftAll = false;
  #heads = '';
  #body = '';
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #visit: Visit;
  readonly #closed: Promise<unknown>;
  #looks = 0;

  constructor(
    session: ClientHttp2Session,
    planned: Planned,
    visit: Visit,
    number: string,
    { conduct, pipelined }: Connection,
    isLast: boolean,
  ) {
    this.#session = session;
    this.#visit = visit;
    const breaksOff = isLast && conduct.kind === 'breaks off its body';
    this.#stream = session.request(headersOf(planned, number, breaksOff), {
      endStream: planned.body === undefined && !breaksOff,
    });
    this.#closed = new Promise((resolve) => this.#stream.once('close', resolve));
    this.#stream.on('error', () => {});
    for (const event of ['headers', 'response', 'trailers'] as const)
      this.#stream.on(event, (headers: IncomingHttpHeaders) => this.#readHead(headers));
    this.#stream.on('data', (chunk: Buffer) => {
      this.#body += chunk.toString('latin1');
      this.#looks = 0;
      if (isLast && conduct.kind === 'leaves' && this.text.length >= conduct.afterBytes) this.#leave(pipelined);
      if (conduct.kind !== 'reads slowly') return;
      this.#stream.pause();
      setTimeout(() => this.#stream.resume(), 2);
    });
    if (!breaksOff && planned.body !== undefined) this.#stream.end(planned.body.text, 'latin1');
    if (isLast && conduct.kind === 'leaves' && conduct.afterBytes === 0)
      void delay(3).then(() => this.#leave(pipelined));
  }

  get id(): number | undefined {
    return this.#stream.id;
  }

  // Node tells of a body that has come at once ahead of its head.
  get text(): string {
    return this.#heads + this.#body;
  }

  /** Resolves when the stream is closed; where nothing more is to be expected, it closes it. */
  async over(): Promise<void> {
    while (!this.#stream.closed && !this.#stream.destroyed) {
      const silent = this.#looks > SILENT_LOOKS;
      if (this.#visit.isStuck || (silent && isNotAtWork(this.#visit))) this.#leave(false);
      await Promise.race([this.#closed, delay(LOOK_MS)]);
      this.#looks += 1;
    }
    await this.#closed;
  }

  /** Sends less of a body than the header promises. */
  async breakOffItsBody(): Promise<void> {
    this.#stream.write(`{"a":"${'x'.repeat(5000)}`);
    for (let waits = 0; waits < 5 && this.text === ''; waits += 1) await delay(2);
    this.#leave(false);
  }

  #leave(all: boolean): void {
    if (this.#stream.closed || this.#stream.destroyed) return;
    this.left = true;
    this.leftAll = all;
    if (all) this.#session.destroy();
    else this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #readHead(headers: IncomingHttpHeaders): void {
    const status = Number(headers[':status']);
    if (status >= 200) this.status = status;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#heads += `${lines.join('')}\r\n`;
    this.#looks = 0;
  }
}

function headersOf(planned: Planned, number: string, breaksOff: boolean): OutgoingHttpHeaders {
  const { method, target, trace, headers, body } = planned;
  const lines = [...trace.lines, ...headers.filter((line) => body !== undefined || !line.startsWith('expect'))];
  const given: OutgoingHttpHeaders = { ':method': method, ':path': target, [NUMBER]: number };
  for (const line of lines) {
    const [name = '', value = ''] = split(line);
    const before = given[name];
    given[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  if (breaksOff) return { ...given, 'content-type': 'application/json', 'content-length': '100000' };
  if (body === undefined) return given;
  return {
    ...given,
    'content-type': body.type,
    ...(!body.chunked && { 'content-length': String(body.text.length) }),
  };
}

function split(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

async function ended(session: ClientHttp2Session): Promise<void> {
  if (session.destroyed) return;
  const closed = once(session, 'close');
  session.destroy();
  await closed;
}
