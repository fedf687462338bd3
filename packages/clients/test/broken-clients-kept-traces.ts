import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { FetchOptions } from '@throughline/clients/fetch';
import type { BrokenClient } from './broken-clients.ts';
import { createFetchClient } from './fetch-subject.ts';

const PEER_HEADER = 'throughline-peer';

/** Clients that are wrong about keeping traces together with the services they call, by what they do wrong. */
export const brokenAboutKeptTraces: Readonly<Record<string, BrokenClient>> = {
  'does not prove that it is of a peer': {
    rejectedBy: 'a call that is not sampled proves that it is of a peer, once; one that is needs no proof',
    create: (options) => createFetchClient(onTheWire(options, (headers) => headers.delete(PEER_HEADER))),
  },
  'proves with every call that it is of a peer': {
    rejectedBy: 'a call that is not sampled proves that it is of a peer, once; one that is needs no proof',
    create: (options) =>
      createFetchClient(onTheWire(options, (headers) => headers.set(PEER_HEADER, 'proof-of-the-subject'))),
  },
  'proves to strangers that it is of a peer': {
    rejectedBy: 'no proof goes to where trace context does not, not even one that the caller passes on',
    create: ({ propagate: _, ...options }) => createFetchClient(options),
  },
  'passes a proof of another on': {
    rejectedBy: 'no proof goes to where trace context does not, not even one that the caller passes on',
    create: (options) => createFetchClient(onTheWire(options, (headers) => headers.set(PEER_HEADER, 'of another'))),
  },
  'does not listen to the service that it calls': {
    rejectedBy: 'a response that says that this very trace is kept is believed',
    create: (options) => createFetchClient(withResponse(options, (headers) => headers.delete('server-timing'))),
  },
  'believes that its trace is kept, whichever the response names': {
    rejectedBy: 'what a response says of another trace, or malformed, is not believed',
    create: (options) =>
      createFetchClient(
        withResponse(options, (headers, sent) => {
          const traceId = String(sent.get('traceparent')).split('-')[1];
          headers.set('server-timing', `trace;desc=00-${traceId}-b7ad6b7169203331-03`);
        }),
      ),
  },
  'takes every service for a peer': {
    rejectedBy: 'a service that proves to be a peer is noted as one that has a part of the trace, and no other',
    create: (options) =>
      createFetchClient(withResponse(options, (headers) => headers.set(PEER_HEADER, 'proof-of-a-peer'))),
  },
  'takes no service for a peer': {
    rejectedBy: 'a service that proves to be a peer is noted as one that has a part of the trace, and no other',
    create: (options) => createFetchClient(withResponse(options, (headers) => headers.delete(PEER_HEADER))),
  },
  'gives services up that do not answer': {
    rejectedBy: 'a call without an answer is noted, as the service may have a part of the trace',
    create: (options) => createFetchClient({ ...options, propagate: () => ({ baggage: true }) }),
  },
};

function onTheWire(options: FetchOptions, change: (headers: Headers) => void): FetchOptions {
  return {
    ...options,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      change(headers);
      return fetch(input, { ...init, headers });
    },
  };
}

/** Outside of the call, so that only this response is seen, and not what was on the wire. */
function withResponse(options: FetchOptions, change: (headers: Headers, sent: Headers) => void): FetchOptions {
  return {
    ...options,
    async fetch(input, init) {
      const response = await context.with(ROOT_CONTEXT, () => fetch(input, init));
      const headers = new Headers(response.headers);
      change(headers, new Headers(init?.headers));
      return new Response(await response.text(), { status: response.status, headers });
    },
  };
}
