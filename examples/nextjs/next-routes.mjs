import { context } from '@opentelemetry/api';

/**
 * Reads the matched route off the spans that Next.js makes itself, and gives it to the server span of the request. Nothing else
 * of Next.js says it to a server of one's own before the response is out.
 *
 * @param {(route: string) => void} setRoute
 * @returns {import('@opentelemetry/sdk-trace-node').SpanProcessor}
 */
export function nextRoutes(setRoute) {
  return {
    onStart(span, parent) {
      const route = span.attributes['next.route'];
      if (typeof route === 'string') context.with(parent, setRoute, undefined, route);
    },
    onEnd() {},
    async forceFlush() {},
    async shutdown() {},
  };
}
