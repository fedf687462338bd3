import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { tracedHttp } from '@throughline/clients/http';
import type { ClientSubjectOptions, TracedClient } from '@throughline/testkit';

/** Makes what the contract kit calls of a traced `node:http`. */
export function createHttpClient(options: ClientSubjectOptions): TracedClient {
  const { request, get } = tracedHttp(http, options);
  return {
    async request(method, url, { body, ...init } = {}) {
      const outgoing = request(url, { method, ...init }).end(body);
      outgoing.on('error', () => {}); // the response tells of one that comes later
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      return {
        status: response.statusCode as number,
        header: (name) => response.headers[name]?.toString(),
        body: await text(response),
      };
    },
    requestUnread: async (url) => once(get(url), 'response'),
  };
}
