import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, Planned } from './program.ts';
import type { Visit } from './visit.ts';
import { readResponses, type WireResponse } from './wire.ts';

/** What one client has seen, and whether it was the one to leave. */
export type Conversation = {
  readonly responses: readonly WireResponse[];
  readonly visits: readonly Visit[];
  readonly left: boolean;
  /** Whether it had ended its side before it was answered: a server may take that for leaving. */
  readonly halfClosed: boolean;
};

/** The header that says which request of the program this is. */
export const NUMBER = 'x-fuzz';

/**
 * How often a client looks, and nothing has come after a handler returned, until it takes it that nothing will. Counted, as it
 * has one event loop with the server: on a busy machine time passes in which neither could do anything.
 */
export const SILENT_LOOKS = 40;
/** The same for a server that keeps a connection although it was asked to close it. */
const LATE_LOOKS = 150;
export const LOOK_MS = 2;

/** Does what the program plans for one connection. `visits` are those of its requests. */
export async function converse(
  url: string,
  plan: Connection,
  visits: ReadonlyMap<string, Visit>,
): Promise<Conversation> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  let [received, isClosed, left, looks] = ['', false, false, 0];
  const methods = plan.requests.map(({ method }) => method);
  socket.on('error', () => {}).on('end', () => socket.end());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      resolve();
    });
  });
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    looks = 0;
    if (plan.conduct.kind === 'leaves' && received.length >= plan.conduct.afterBytes) leave();
    if (plan.conduct.kind === 'reads slowly') {
      socket.pause();
      setTimeout(() => socket.resume(), 2);
    }
  });
  function leave(): void {
    left = true;
    socket.destroy();
  }
  function isAnswered(count: number): boolean {
    return readResponses(received, methods.slice(0, count), isClosed).every(({ isComplete }) => isComplete);
  }
  async function look(): Promise<void> {
    await Promise.race([closed, delay(LOOK_MS)]);
    looks += 1;
  }
  /** Resolves when so many requests are answered, the connection is closed, or nothing more is to be expected. */
  async function answered(count: number): Promise<void> {
    const waiting = [...visits.values()].slice(0, count);
    while (!isClosed && !isAnswered(count)) {
      const silent = looks > SILENT_LOOKS;
      const isOver = waiting.some(({ isStuck }) => isStuck) || (silent && waiting.every(isNotAtWork));
      if (isOver) leave();
      await look();
    }
  }

  await Promise.race([once(socket, 'connect').catch(() => closed), closed]);
  const numbers = [...visits.keys()];
  for (const [index, planned] of plan.requests.entries()) {
    const isLast = index === plan.requests.length - 1;
    if (isClosed) break;
    if (isLast && plan.conduct.kind === 'breaks off its body') {
      await breakOff(socket, planned, numbers[index] ?? '', () => received.length);
      leave();
      break;
    }
    socket.write(wireForm(planned, numbers[index] ?? '', isLast), 'latin1');
    looks = 0;
    if (plan.conduct.kind === 'leaves' && plan.conduct.afterBytes === 0 && isLast) {
      await delay(3);
      leave();
    }
    if (isLast && plan.conduct.kind === 'half-closes') socket.end();
    if (!plan.pipelined) await answered(index + 1);
  }
  if (!isClosed && !left) await answered(plan.requests.length);
  if (!isClosed) socket.end();
  for (let late = 0; !isClosed; late += 1) {
    if (late === LATE_LOOKS) socket.destroy();
    await look();
  }
  return {
    responses: readResponses(received, methods, true),
    visits: [...visits.values()],
    left,
    halfClosed: plan.conduct.kind === 'half-closes',
  };
}

/** Whether no handler is at work: the framework may be, on what none knows of, such as a 404; that is long done by then. */
export function isNotAtWork({ template, hasReturned }: Visit): boolean {
  return template === undefined || hasReturned;
}

/** Sends less of a body than the header promises. */
async function breakOff(socket: Socket, planned: Planned, number: string, answeredBytes: () => number): Promise<void> {
  const head = wireForm({ ...planned, body: undefined }, number, true).replace('\r\n\r\n', '\r\n');
  socket.write(
    `${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"${'x'.repeat(5000)}`,
    'latin1',
  );
  for (let waits = 0; waits < 5 && answeredBytes() === 0; waits += 1) await delay(2);
}

function wireForm({ method, target, trace, headers, body }: Planned, number: string, isLast: boolean): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: fuzz.example',
    `${NUMBER}: ${number}`,
    ...trace.lines,
    ...headers.filter((line) => body !== undefined || !line.startsWith('expect')),
    ...(isLast ? ['Connection: close'] : []),
  ];
  if (body === undefined) return `${lines.join('\r\n')}\r\n\r\n`;
  lines.push(
    `Content-Type: ${body.type}`,
    body.chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.text.length}`,
  );
  const chunk = body.text === '' ? '' : `${body.text.length.toString(16)}\r\n${body.text}\r\n`;
  return `${lines.join('\r\n')}\r\n\r\n${body.chunked ? `${chunk}0\r\n\r\n` : body.text}`;
}
