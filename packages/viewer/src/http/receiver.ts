import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backend, Receipt } from '../intake/backend.ts';
import type { Delivery } from '../intake/decode-delivery.ts';
import { isLoopbackOrigin } from './access.ts';
import { otlpFailure, otlpSuccess } from './otlp-answers.ts';
import { BodyError, type BodyReader } from './request-body.ts';
import { send } from './send.ts';

/** What is sent where. */
const INTAKES: ReadonlyMap<string, Pick<Delivery, 'signal'> & { readonly isZipkin: boolean }> = new Map([
  ['/v1/traces', { signal: 'traces', isZipkin: false }],
  ['/v1/logs', { signal: 'logs', isZipkin: false }],
  ['/api/v2/spans', { signal: 'traces', isZipkin: true }],
]);

/** Whether requests for this path bring something; metrics have no place here, and are told so. */
export function isIntake(method: string | undefined, path: string): boolean {
  return (INTAKES.has(path) || path === '/v1/metrics') && (method === 'POST' || method === 'OPTIONS');
}

/**
 * Takes OTLP/HTTP and Zipkin's JSON in. A request that is answered with 200 is stored; 503 with `Retry-After` means that
 * nothing of it is, and that it should come again.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  bodies: BodyReader,
  backend: Backend,
): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && isLoopbackOrigin(origin)) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'origin');
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('access-control-allow-methods', 'POST');
    response.setHeader('access-control-allow-headers', 'content-type, content-encoding, authorization');
    response.setHeader('access-control-max-age', '7200');
    return send(response, 204, undefined, '');
  }
  const intake = INTAKES.get(path);
  const format = formatOf(request, intake?.isZipkin === true);
  const fail = (status: number, message: string) => failed(request, response, format, status, message);
  if (intake === undefined) return fail(404, 'The viewer keeps traces and logs, no metrics.');
  if (format === undefined)
    return fail(415, 'Expected `Content-Type` to be application/x-protobuf or application/json.');
  let receipt: Receipt;
  try {
    receipt = await bodies.read(request, (body) => backend.receive({ signal: intake.signal, format, body }));
  } catch (error) {
    // Otherwise the sender has gone in the middle of its body.
    return error instanceof BodyError ? fail(error.status, error.message) : void response.destroy();
  }
  if (receipt.outcome === 'malformed') return fail(400, receipt.reason);
  if (receipt.outcome === 'deferred') return fail(503, receipt.reason);
  if (format === 'zipkin') return send(response, 202, undefined, '');
  const { type, body } = otlpSuccess(format, intake.signal, receipt.rejected, receipt.reason);
  send(response, 200, type, body);
}

function formatOf({ headers }: IncomingMessage, isZipkin: boolean): Delivery['format'] | undefined {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (isZipkin) return type === '' || type === 'application/json' ? 'zipkin' : undefined;
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

function failed(
  request: IncomingMessage,
  response: ServerResponse,
  format: Delivery['format'] | undefined,
  status: number,
  message: string,
): void {
  if (status === 503) response.setHeader('retry-after', '1');
  const { type, body } = otlpFailure(format, status, message);
  // What is left of the body is not read.
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, status, type, body);
  if (!request.complete) {
    request.resume();
    response.once('finish', () => setTimeout(() => request.destroy(), LINGER).unref());
  }
}

/** A sender in the middle of its body reads the answer only if the connection is not reset at once; milliseconds. */
const LINGER = 500;
