import type { RequestHeaders } from '@throughline/core/http-client';
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** What only axios itself knows, asked of the very copy of axios that an instance comes from. */
export type AxiosLibrary = {
  /** Where a call goes, with base URL and parameters; `undefined` if axios is going to refuse it. */
  urlOf(config: InternalAxiosRequestConfig): URL | undefined;
  /** The adapter as a function. axios looks its own up by name only inside of a request. */
  resolve(adapter: InternalAxiosRequestConfig['adapter']): AxiosAdapter;
};

/** Opens the library of an instance by a second instance, which has no interceptors, defaults or transforms. */
export function libraryOf(instance: AxiosInstance): AxiosLibrary {
  const bare = instance.create();
  for (const name of Object.keys(bare.defaults)) Reflect.deleteProperty(bare.defaults, name);
  return {
    urlOf({ url, baseURL, params, paramsSerializer, allowAbsoluteUrls }) {
      const parts = { url, baseURL, params, paramsSerializer, allowAbsoluteUrls };
      try {
        return new URL(bare.getUri(parts as object));
      } catch {
        return undefined;
      }
    },
    resolve(adapter) {
      if (typeof adapter === 'function') return adapter;
      // The transforms are done, before and after the adapter, for the caller's instance.
      return (config) => {
        const inner = { ...config, adapter, transformRequest: undefined, transformResponse: undefined };
        return restoreConfig(bare.request(inner as object), config);
      };
    },
  };
}

/** Runs an adapter with a copy of the config that has these headers besides; what comes back names the caller's config. */
export function sendWith(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  headers: RequestHeaders,
): Promise<AxiosResponse> {
  return restoreConfig(adapter({ ...config, headers: config.headers.concat(headers) }), config);
}

async function restoreConfig(
  sent: PromiseLike<AxiosResponse>,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse> {
  try {
    const response = await sent;
    restore(response, config);
    return response;
  } catch (thrown) {
    restore(thrown, config);
    restore((thrown as { response?: unknown } | null | undefined)?.response, config);
    throw thrown;
  }
}

// Whoever retries a call, or logs it, uses the config that came back.
function restore(outcome: unknown, config: InternalAxiosRequestConfig): void {
  if (typeof outcome === 'object' && outcome !== null && 'config' in outcome) Reflect.set(outcome, 'config', config);
}
