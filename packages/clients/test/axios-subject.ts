import { traceAxios } from '@throughline/clients/axios';
import type { ClientSubjectOptions, TracedClient } from '@throughline/testkit';
import axios, { type CreateAxiosDefaults } from 'axios';

/** Makes what the contract kit calls of a traced instance of axios with these defaults. */
export function createAxiosClient(options: ClientSubjectOptions, defaults: CreateAxiosDefaults = {}): TracedClient {
  const instance = traceAxios(
    axios.create({ ...defaults, responseType: 'text', validateStatus: (status) => status < 500 }),
    options,
  );
  return {
    async request(method, url, { body, ...init } = {}) {
      const response = await instance
        .request<string>({ method, url, ...init, ...(body !== undefined && { data: body }) })
        .catch((thrown: unknown) => {
          if (axios.isAxiosError(thrown) && thrown.response?.data !== undefined) return thrown.response;
          throw thrown;
        });
      return { status: response.status, header: (name) => response.headers[name], body: response.data };
    },
    requestUnread: (url) => instance.get(url, { responseType: 'stream' }),
  };
}
