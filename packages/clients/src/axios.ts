import { type ClientOptions, createClientTracing, type Delivery } from '@throughline/core/http-client';
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { libraryOf, sendWith } from './axios-adapter.ts';

// A registered symbol, so that two copies of this package see one adapter.
const TRACED = Symbol.for('throughline.traced-axios');

/**
 * Traces the calls of an axios instance and passes the trace on; returns the instance. Each attempt is a call of its
 * own, so a retry has a span too. An instance traced twice makes one span. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const payment = traceAxios(axios.create({ baseURL: 'https://payment.example.com' }));
 */
export function traceAxios<Instance extends AxiosInstance>(instance: Instance, options?: ClientOptions): Instance {
  if (typeof instance?.create !== 'function' || typeof instance.interceptors?.request?.use !== 'function') {
    throw new TypeError('[axios] Expected an instance of axios. Pass `axios` or what `axios.create()` returns.');
  }
  const tracing = createClientTracing('axios', options);
  const library = libraryOf(instance);

  const traced = (untraced: AxiosAdapter): AxiosAdapter => {
    const adapter: AxiosAdapter = (config) => {
      const url = library.urlOf(config);
      if (url === undefined) return untraced(config);
      return tracing.run({
        method: (config.method ?? 'get').toUpperCase(),
        url,
        signal: config.signal as AbortSignal | undefined,
        header: (name) => headerOf(config, name),
        send: (headers) => sendWith(untraced, config, headers),
        delivery,
      });
    };
    return Object.assign(adapter, { [TRACED]: true });
  };

  const trace = (config: InternalAxiosRequestConfig): InternalAxiosRequestConfig => {
    // A config that is tried again brings its adapter with it.
    const { adapter } = config;
    if (typeof adapter !== 'function' || !(TRACED in adapter)) config.adapter = traced(library.resolve(adapter));
    return config;
  };
  instance.interceptors.request.use(trace, null, { synchronous: true });
  return instance;
}

function headerOf(config: InternalAxiosRequestConfig, name: string): string | string[] | undefined {
  const value = config.headers.get(name);
  return value === undefined || Array.isArray(value) ? value : String(value);
}

// axios rejects with a response whose status is not to its liking, and with one that broke off.
function delivery(outcome: unknown): Delivery | undefined {
  const { response = outcome } = Object(outcome) as { response?: unknown };
  const { status, headers, data } = Object(response) as AxiosResponse;
  if (typeof status !== 'number' || !('data' in Object(response))) return undefined;
  if (response !== outcome && data === undefined && isToItsLiking(response as AxiosResponse)) return undefined;
  const body = typeof data === 'object' && data !== null && ('pipe' in data || 'getReader' in data) ? data : undefined;
  return { statusCode: status, header: (name) => headers[name], body };
}

function isToItsLiking({ status, config }: AxiosResponse): boolean {
  return config.validateStatus?.(status) ?? true;
}
