import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, diag } from '@opentelemetry/api';
import { errorMessage, suppressTracing } from '@throughline/core';
import { exchangeOf } from '@throughline/core/node-http';
import type { PromRegistry } from './prometheus-instruments.ts';
import { OPENMETRICS, TEXT, viewOf } from './registry-view.ts';
import { prefersOpenMetrics } from './scrape-format.ts';

/** A request of Node's, or of a framework that keeps that as `raw`. */
export type ScrapeRequest = IncomingMessage | { readonly raw: IncomingMessage };

/** As much of Fastify's reply as it takes to answer. */
export type FastifyReply = {
  readonly raw: ServerResponse;
  code(statusCode: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
};

/** A response of Node's, or a reply of Fastify's. */
export type ScrapeResponse = ServerResponse | FastifyReply;

/**
 * Makes a handler that answers with all metrics of a registry: in OpenMetrics, with exemplars, to who asks for it as Prometheus
 * does, else in the text format. It is a handler of Express, of Fastify, of Nest on both (with `@Req()` and `@Res()`), and of
 * `node:http`. The scrape is measured like any request, but not traced. What a `collect` function throws is a 500 without
 * details, and a line of `diag`. Throws a `TypeError` for what is no registry.
 *
 * @example
 * app.get('/metrics', metricsHandler(promClient.register));
 */
export function metricsHandler(
  registry: PromRegistry,
): (request: ScrapeRequest, response: ScrapeResponse) => Promise<void> {
  if (typeof registry?.metrics !== 'function') {
    throw new TypeError('[metrics] Expected a Registry of `prom-client`. Pass `promClient.register`.');
  }
  return async function showMetrics(request, response) {
    const message = 'raw' in request ? request.raw : request;
    exchangeOf(message)?.dismiss();
    const contentType = prefersOpenMetrics(message.headers.accept) ? OPENMETRICS : TEXT;
    // A collect function may ask a database.
    const scrape = (): Promise<string> => viewOf(registry, contentType).metrics();
    try {
      const body = await context.with(suppressTracing(context.active()), scrape);
      answer(response, 200, contentType, body);
    } catch (thrown) {
      diag.error(`[metrics] The metrics could not be collected: ${errorMessage(thrown)}`);
      answer(response, 500, 'text/plain; charset=utf-8', 'The metrics could not be collected.\n');
    }
  };
}

function answer(response: ScrapeResponse, statusCode: number, contentType: string, body: string): void {
  if ('raw' in response) {
    if (response.raw.headersSent) return;
    response.code(statusCode);
    response.header('content-type', contentType);
    response.send(body);
  } else if (!response.headersSent) {
    response.writeHead(statusCode, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
}
