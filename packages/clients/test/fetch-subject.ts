import { type FetchOptions, tracedFetch } from '@throughline/clients/fetch';
import type { ClientSubjectOptions, TracedClient } from '@throughline/testkit';

/** Makes what the contract kit calls of a traced fetch. */
export function createFetchClient(options: ClientSubjectOptions & FetchOptions): TracedClient {
  const fetch = tracedFetch(options);
  return {
    async request(method, url, init) {
      const response = await fetch(url, { method, ...init });
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: await response.text(),
      };
    },
    requestUnread: (url) => fetch(url),
  };
}
