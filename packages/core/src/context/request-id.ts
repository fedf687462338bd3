import type { IncomingHttpHeaders } from 'node:http';
import {
  type Correlation,
  type CorrelationOptions,
  type CorrelationReader,
  correlationReader,
} from '../correlation.ts';
import { checkOptions, correlationChecks, type OptionChecks } from '../options.ts';
import { exchangeOf } from '../server/node-messages.ts';

/** How {@link requestId} finds the id of a request. There is no `generate: 'trace-id'`: the id is there before the trace. */
export type RequestIdOptions = Omit<CorrelationOptions, 'generate'> & {
  /**
   * Makes the id of a request that brought none: 128 random bits in hex, or your own function.
   * @default 'random'
   */
  generate?: 'random' | (() => string);
};

/** As much of a raw request as it takes to find its id; those of `node:http` and `node:http2` fit. */
export type RawRequest = { readonly headers: IncomingHttpHeaders };

/**
 * Makes the function that says a request's correlation ID, for `genReqId` of Fastify and of pino-http, or for an
 * `id` of your own on the request. It reads, validates or generates the ID once; tracing then uses the same one, so that
 * these options hold in place of its `correlation`. Called within a traced request, it says the ID that tracing has found.
 * Throws a `TypeError` for a wrong option.
 *
 * @example
 * const app = fastify({ genReqId: requestId() });
 */
export function requestId(options: RequestIdOptions = {}): (request: RawRequest) => string {
  checkOptions('core', options, requestIdChecks);
  const read = correlationReader(options);
  return function readRequestId(request) {
    const known = exchangeOf(request)?.correlation ?? notedCorrelation(request);
    return (known ?? note(request, read)).id;
  };
}

/** The correlation that was found for a raw request before its exchange began. */
export function notedCorrelation(request: RawRequest): Correlation | undefined {
  return (request as NotedRequest)[CORRELATION];
}

// A registered symbol, so that two copies of this package see one correlation.
const CORRELATION = Symbol.for('throughline.correlation');

type NotedRequest = RawRequest & { [CORRELATION]?: Correlation };

const requestIdChecks: OptionChecks<RequestIdOptions> = {
  ...correlationChecks,
  generate: [
    "'random' or a function (the id is there before the trace is)",
    (value) => value === 'random' || typeof value === 'function',
  ],
};

function note(request: NotedRequest, read: CorrelationReader): Correlation {
  const correlation = read(request.headers);
  request[CORRELATION] = correlation;
  return correlation;
}
