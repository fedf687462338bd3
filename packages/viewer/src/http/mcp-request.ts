import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Question } from '../api/answer.ts';
import type { Backend } from '../intake/backend.ts';
import { BodyError, BodyReader } from './request-body.ts';
import { send } from './send.ts';

/** Where the Model Context Protocol is spoken. */
export const MCP_PATH = '/mcp';

/** A message is a question of some hundred bytes. */
const LIMITS = { body: 2 ** 18, unpacked: 2 ** 18, pending: 2 ** 22 };
const HEADERS = /^(?:accept|content-type|mcp-[a-z-]+)$/;
const AUTHORITY = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i;

/** Takes messages of the Model Context Protocol in and has them answered. */
export class McpRequests {
  readonly #bodies = new BodyReader(LIMITS);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async answer(request: IncomingMessage, response: ServerResponse, question: Question): Promise<void> {
    try {
      const [headers, origin] = [headersOf(request), originOf(request)];
      const answer = await this.#bodies.read(request, (bytes) => {
        // A part of a larger buffer would reach the thread of the store with all of it.
        const message = { body: new Uint8Array(bytes), headers, origin };
        return this.#backend.answer({ ...question, message });
      });
      send(response, answer.status, answer.type, answer.body);
    } catch (error) {
      // Otherwise the sender has gone in the middle of its message.
      if (!(error instanceof BodyError)) return void response.destroy();
      response.setHeader('connection', 'close');
      send(response, error.status, 'application/json', JSON.stringify({ message: error.message }));
    }
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name, value]) => HEADERS.test(name) && typeof value === 'string');
  return Object.fromEntries(kept) as Record<string, string>;
}

// For links to the page, so no more than an address.
function originOf({ headers: { host = '' } }: IncomingMessage): string {
  return `http://${AUTHORITY.test(host) ? host : 'localhost'}`;
}
