import type { ServerResponse } from 'node:http';
import { type BrokenServer, replace } from './server-mutation.ts';

const PEER_HEADER = 'throughline-peer';

/** Runs when the adapter has done its part of the headers, just before they leave. */
function lastWord(change: (response: ServerResponse) => void): Pick<BrokenServer, 'outside'> {
  return {
    outside(_request, response, next) {
      replace(response, 'writeHead', (writeHead, ...args) => {
        change(response);
        return writeHead(...args);
      });
      next();
    },
  };
}

/** Adapters that are wrong about telling peers which traces are kept. */
export const keptTraceDefects: readonly BrokenServer[] = [
  {
    defect: 'does not tell that a trace is kept',
    rejectedBy: 'a peer is told in the response headers that its trace is kept, in few bytes',
    ...lastWord((response) => response.removeHeader('server-timing')),
  },
  {
    defect: 'names another trace than the one that is kept',
    rejectedBy: 'a peer is told in the response headers that its trace is kept, in few bytes',
    ...lastWord((response) => {
      response.setHeader('server-timing', 'trace;desc=00-11111111111111111111111111111111-2222222222222222-03');
    }),
  },
  {
    defect: 'replaces what the application says in Server-Timing',
    rejectedBy: 'what the application says in Server-Timing stays, in whatever way it says so',
    ...lastWord((response) => {
      const timing = String(response.getHeader('server-timing')).split(', ').at(-1);
      if (timing !== undefined) response.setHeader('server-timing', timing);
    }),
  },
  {
    defect: 'tells everybody that a trace is kept',
    rejectedBy:
      'browsers, strangers, callers that are not trusted and those that keep the trace anyway are told nothing',
    outside(request, _response, next) {
      request.headers[PEER_HEADER] = 'proof-of-a-peer';
      next();
    },
  },
  {
    defect: 'tells callers that are not trusted that a trace is kept',
    rejectedBy:
      'browsers, strangers, callers that are not trusted and those that keep the trace anyway are told nothing',
    options: ({ trust: _, ...options }) => options,
  },
  {
    defect: 'does not say where it can be told of kept traces',
    rejectedBy: 'a peer whose trace is not kept learns where to tell us, and is told when it is',
    ...lastWord((response) => response.removeHeader(PEER_HEADER)),
  },
  {
    defect: 'forgets who calls',
    rejectedBy: 'a caller is told of a trace that is kept after the headers of its stream have left',
    outside(request, _response, next) {
      delete request.headers[PEER_HEADER];
      next();
    },
  },
  {
    defect: 'lets proofs of others through',
    rejectedBy: 'a proof that the application passes on from another response does not leave',
    ...lastWord((response) => response.setHeader(PEER_HEADER, 'of another')),
  },
];
