import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Outcome } from '../http-server.ts';
import { LOST, type Messages } from './node-messages.ts';

/** Whether the connection of a request became another protocol's: whoever does that leaves the response unused. */
export function isUpgraded(
  request: IncomingMessage & { readonly upgrade?: boolean },
  response: ServerResponse,
): boolean {
  return request.upgrade === true && !response.headersSent;
}

/** How the exchange ended, as Node's objects tell it when the response closes. */
export function outcomeOf(messages: Messages): Outcome {
  const { request, response } = messages;
  // Both sides may end it as they like; what was answered went past us.
  if (isUpgraded(request, response)) return { statusCode: undefined, abortedBy: undefined, contentType: undefined };
  return {
    statusCode: statusSent(messages),
    abortedBy:
      messages.stream === undefined
        ? abortedBy(messages)
        : streamAbortedBy(messages.stream, messages.session, request.method === 'HEAD'),
    contentType: typeof messages.contentType === 'string' ? messages.contentType : undefined,
  };
}

function statusSent(messages: Messages): number | undefined {
  if (messages.statusSent === LOST || isQueued(messages)) return undefined;
  const { response } = messages;
  // What was answered before the exchange began was not noticed.
  return messages.statusSent ?? (response.headersSent && isComplete(messages) ? response.statusCode : undefined);
}

/** Whether a response waits for its turn on a pipelined connection: it has no socket, and nothing of it has left. */
export function isQueued(messages: Messages): boolean {
  return messages.response.socket === null && !isComplete(messages);
}

function isComplete({ complete, response }: Messages): boolean {
  return complete ?? response.writableFinished;
}

const CLIENT_RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

// A client that leaves ends or resets its side of the socket; a server that destroys it does neither.
function abortedBy(messages: Messages): Outcome['abortedBy'] {
  if (isComplete(messages) && messages.statusSent !== LOST) return undefined;
  const { socket } = messages.request;
  const { readableEnded = true, errored } = (socket ?? {}) as Partial<Socket> & { errored?: { code?: string } | null };
  const byClient = readableEnded || (errored?.code !== undefined && CLIENT_RESETS.has(errored.code));
  return byClient ? 'client' : 'server';
}

// Clients cancel, or send what is none of the protocol (https://www.rfc-editor.org/rfc/rfc9113#section-7), and Node.js cancels what a
// connection leaves behind. Servers that break a stream off say that nothing is wrong with the client, or that they have failed.
const NO_ERROR = 0;
const PROTOCOL_ERROR = 1;
const CANCEL = 8;

function streamAbortedBy(
  stream: ServerHttp2Stream,
  session: Http2Session | undefined,
  isHead: boolean,
): Outcome['abortedBy'] {
  const { aborted, headersSent, rstCode, writableFinished } = stream;
  // What was ended and waits for the client to read on is not aborted, and can be lost; what answers HEAD is finished from the
  // start.
  if (!aborted && (isHead ? headersSent : writableFinished)) return undefined;
  // A connection that its client resets after it has said goodbye ends as if nothing was wrong.
  const isLost = rstCode === NO_ERROR && session?.destroyed === true;
  return isLost || rstCode === CANCEL || rstCode === PROTOCOL_ERROR ? 'client' : 'server';
}
