import http, { type ClientRequest } from 'node:http';
import { type ClientOptions, createClientTracing } from '@throughline/core/http-client';
import { readHttp } from './http-request.ts';

/** As much of `node:http` and `node:https` as it takes to make requests. */
export type HttpModule = Pick<typeof http, 'request' | 'get' | 'globalAgent'>;

// A registered symbol, so that two copies of this package see one module.
const UNTRACED = Symbol.for('throughline.untraced-http');

/**
 * Makes a `node:http`, or a `node:https` if you give it that, whose requests are traced and pass the trace on; all else is
 * as without it. What is traced already is not traced twice, the new options hold. Throws a `TypeError` for a wrong option.
 *
 * The span ends with the body of the response. Destroying the request is giving it up, which is no error, unless you
 * destroy it with one or after its timeout.
 *
 * @example
 * const { get } = tracedHttp(https);
 * get('https://example.com/basket', (response) => response.pipe(process.stdout));
 */
export function tracedHttp<Module extends HttpModule = typeof http>(
  module: Module = http as HttpModule as Module,
  options?: ClientOptions,
): Pick<Module, keyof HttpModule> {
  if (typeof module?.request !== 'function' || typeof module.globalAgent !== 'object') {
    throw new TypeError('[http] Expected a module to trace. Pass what `node:http` or `node:https` exports.');
  }
  const tracing = createClientTracing('http', options);
  const untraced: HttpModule = (module as { [UNTRACED]?: HttpModule })[UNTRACED] ?? module;

  const request = (...args: Parameters<typeof http.request>): ClientRequest => {
    const asked = readHttp(args, schemeOf(untraced));
    if (asked === undefined) return untraced.request(...args);
    return tracing.request({ ...asked, send: (headers) => untraced.request(...asked.withHeaders(headers)) });
  };
  const traced = {
    request,
    get: (...args: Parameters<typeof http.request>) => request(...args).end(),
    get globalAgent() {
      return untraced.globalAgent;
    },
    [UNTRACED]: untraced,
  };
  return traced as HttpModule as Module;
}

// Node itself tells its two modules apart by this.
function schemeOf({ globalAgent }: HttpModule): string {
  return (globalAgent as { protocol?: string }).protocol ?? 'http:';
}
