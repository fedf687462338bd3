import type { Correlation } from '@throughline/core';
import type { LambdaEvent } from './lambda-events.ts';

type Response = {
  readonly statusCode?: unknown;
  readonly headers?: Record<string, unknown>;
  readonly multiValueHeaders?: Record<string, unknown>;
};

/** The status that the client will see of what a handler has returned. */
export function statusOf(result: unknown, event: LambdaEvent): number {
  const status = isResponse(result) ? result.statusCode : undefined;
  if (typeof status === 'number') return status;
  if (typeof status === 'string' && /^\d{3}$/.test(status)) return Number(status);
  // Version 2.0 of the format makes a 200 of anything; a REST API and a load balancer answer 502 instead.
  return event.version === '2.0' ? 200 : 502;
}

/** The response with the header that tells the client the correlation ID; what the handler returned is not changed. */
export function withCorrelation<Result>(result: Result, event: LambdaEvent, { header, id }: Correlation): Result {
  if (!isResponse(result) || result.statusCode === undefined) return result;
  const field = event.multiValueHeaders && !event.headers ? 'multiValueHeaders' : 'headers';
  const headers = result[field] ?? {};
  if (Object.keys(headers).some((name) => name.toLowerCase() === header)) return result;
  return { ...result, [field]: { ...headers, [header]: field === 'headers' ? id : [id] } };
}

function isResponse(result: unknown): result is Response {
  return typeof result === 'object' && result !== null && !Array.isArray(result);
}
