import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { KitAnswer, KitExchange } from '@throughline/testkit';
import type { Planned, Step } from './program.ts';

/** The name of the spans that handlers make themselves. */
export const OWN_SPAN = 'a span of the application';

/** One request on its way through a server, and all that was seen of it there. */
export class Visit {
  readonly planned: Planned;
  /** The template that the handler which ran was registered with. */
  template: string | undefined;
  /** What came of each step, for comparison with the same server without tracing. */
  readonly log: string[] = [];
  /** The ids of the spans that were active, by where that was. */
  readonly active: (readonly [where: string, traceId: string | undefined, spanId: string | undefined])[] = [];
  /** Whether the handler waits for its client to leave. */
  isStuck = false;
  /** Whether the whole response was handed to the system. */
  isFinished = false;
  hasThrown = false;
  hasDestroyed = false;
  /** Whether it failed after its first byte: frameworks may close the connection then, whatever came next on it. */
  hasBroken = false;
  hasReturned = false;
  response: ServerResponse | undefined;
  #tasks: Promise<unknown>[] = [];

  constructor(planned: Planned) {
    this.planned = planned;
  }

  /** Follows the response from before the application knows of it. */
  reaches(response: ServerResponse): void {
    this.response = response;
    const stream = streamOf(response);
    if (stream === undefined) {
      response.once('finish', () => {
        // What is ended after it was destroyed says that it has finished too.
        this.isFinished = !response.destroyed;
      });
      return;
    }
    stream.once('close', () => {
      // Of a stream that answers HEAD, Node.js says from the start that it has finished.
      this.isFinished =
        !stream.aborted && (this.planned.method === 'HEAD' ? stream.headersSent : stream.writableFinished);
    });
  }

  /** Resolves when nothing of the handler goes on any more. */
  async settled(): Promise<void> {
    const { response } = this;
    if (response === undefined) return;
    await closed(response);
    for (let done = 0; done < this.#tasks.length; done = this.#tasks.length) await Promise.allSettled(this.#tasks);
  }

  /** Ends the connection, or the stream of HTTP/2, from the side of the server. */
  breakOff(): void {
    if (this.response === undefined || this.response.closed) return;
    this.hasDestroyed = true;
    (streamOf(this.response) ?? this.response.req.socket).destroy();
  }

  look(where: string): void {
    const active = trace.getActiveSpan()?.spanContext();
    this.active.push([where, active?.traceId, active?.spanId]);
  }

  /** What the handler of the route does. */
  handle(template: string, { request, response }: KitExchange): Promise<KitAnswer | undefined> {
    this.template = template;
    const handled = this.#perform(request, response);
    const ended = handled.finally(() => {
      this.hasReturned = true;
    });
    this.#tasks.push(ended);
    return ended;
  }

  async #perform(request: IncomingMessage, response: ServerResponse): Promise<KitAnswer | undefined> {
    this.look('handler');
    // Whether a late error comes before the response closes is a matter of chance.
    for (const message of [request, response]) message.on('error', () => {});
    for (const event of ['finish', 'close']) response.on(event, () => this.look(event));
    for (const step of this.planned.steps) {
      try {
        if (step.does === 'answer') {
          // Frameworks fail where something was answered past them.
          this.hasBroken ||= response.headersSent;
          this.hasThrown ||= response.headersSent;
          return { status: step.status, body: 'a'.repeat(step.bytes) };
        }
        await this.#do(step, request, response);
        this.log.push(`${step.does}: ${response.statusCode}, ${response.headersSent}, ${response.writableEnded}`);
      } catch (thrown) {
        this.log.push(`${step.does} throws ${codeOf(thrown)}`);
        if (step.does !== 'throw' && this.planned.tolerant) continue;
        this.hasThrown = true;
        this.hasBroken ||= response.headersSent;
        throw thrown;
      }
      this.look(step.does);
    }
    return undefined;
  }

  async #do(step: Step, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (step.does) {
      case 'wait':
        await (step.milliseconds === 0 ? nextTurn() : delay(step.milliseconds));
        break;
      case 'work in a span':
        await trace.getTracer('fuzz').startActiveSpan(OWN_SPAN, async (span) => {
          await nextTurn();
          span.end();
        });
        break;
      case 'read the body':
        for await (const _chunk of request);
        break;
      case 'flush the headers':
        response.flushHeaders();
        break;
      case 'give hints':
        // Node writes them into the middle of a body, where it is too late for them.
        if (!response.headersSent) response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        break;
      case 'destroy':
        await nextTurn();
        this.hasDestroyed = true;
        response.destroy();
        break;
      case 'wait until it is closed':
        this.isStuck = !response.writableEnded;
        await closed(response);
        break;
      case 'work on when all is over':
        this.#tasks.push(delay(8).then(() => this.look(step.does)));
        break;
      case 'set a header':
        response.setHeader(step.name, step.value);
        break;
      case 'write the head':
        response.writeHead(step.status, { 'x-head': 'written' });
        break;
      case 'write':
        // What comes after the end destroys a stream of HTTP/2.
        this.hasDestroyed ||= response.writableEnded && streamOf(response) !== undefined;
        response.write(piece('w', step.bytes, response));
        break;
      case 'end':
        response.end(piece('e', step.bytes, response));
        break;
      case 'throw':
        throw THROWN[step.what]();
    }
  }
}

const THROWN = {
  'an error': () => new RangeError('on purpose'),
  'a 404': () => Object.assign(new Error('not there'), { status: 404 }),
  'a 503': () => Object.assign(new Error('not now'), { status: 503 }),
  'a string': () => 'only a string',
  null: () => null,
} as const;

// Node.js (20.20, 24.21) sends other bytes over HTTP/2 where an empty text is among several, and over HTTP/1.1 a head ahead of the
// `100 Continue` that was queued before it where bytes come first.
function piece(letter: string, length: number, response: ServerResponse): string | Buffer {
  return streamOf(response) === undefined ? letter.repeat(length) : Buffer.alloc(length, letter);
}

/** A response whose turn on a pipelined connection never comes is not told that this closes. */
async function closed(response: ServerResponse): Promise<void> {
  const connection = streamOf(response) ?? response.req.socket;
  if (response.closed || connection.closed) return;
  await new Promise((resolve) => {
    response.once('close', resolve);
    connection.once('close', resolve);
  });
}

/** What HTTP/2 has in place of a connection for each response. */
function streamOf(response: ServerResponse & { readonly stream?: ServerHttp2Stream }): ServerHttp2Stream | undefined {
  return response.stream;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? thrown.name) : String(thrown);
}
