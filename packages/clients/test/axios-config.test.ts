import { traceAxios } from '@throughline/clients/axios';
import axios, { type AxiosInstance, type AxiosRequestConfig, type CreateAxiosDefaults } from 'axios';
import { describe, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { type Echo, startEcho, startService } from './echo-service.ts';

const recorder = useRecorder();

type Case = { defaults?: CreateAxiosDefaults; config?: AxiosRequestConfig; target?: string };

const cases: Record<string, Case> = {
  'nothing but a URL': {},
  'a base URL': { config: { url: 'b/c' }, target: '/b/c' },
  parameters: { config: { params: { a: '1', list: ['x', 'y'] } }, target: '/?a=1&list[]=x&list[]=y' },
  'a parameter serializer': {
    config: { params: { a: '1' }, paramsSerializer: (params) => `own=${params.a}` },
    target: '/?own=1',
  },
  'default parameters': { defaults: { params: { a: '1' } }, config: { params: { b: '2' } }, target: '/?a=1&b=2' },
  'default headers': { defaults: { headers: { common: { 'x-own': '1' }, get: { 'x-get': '2' } } } },
  'a header taken out': { config: { headers: { 'User-Agent': false } } },
  'basic authentication': { config: { auth: { username: 'alice', password: 'secret' } } },
  'an object to post': { config: { method: 'POST', data: { a: 1 } } },
  'a form to post': { config: { method: 'POST', data: formOf({ a: '1' }) } },
  'search parameters to post': { config: { method: 'put', data: new URLSearchParams({ a: '1' }) } },
  'a transformed request': {
    config: {
      method: 'POST',
      data: 'a',
      transformRequest: [(data, headers) => headers.set('x-own', '1') && `${data}b`],
    },
  },
  'the fetch adapter': { config: { adapter: 'fetch', method: 'POST', data: { a: 1 } } },
  'a list of adapters': { config: { adapter: ['xhr', 'http'] } },
  'no redirects': { config: { maxRedirects: 0, method: 'POST', data: 'text' } },
};

describe('the service gets what it gets from the untraced instance, with', () => {
  for (const [title, { defaults, config, target = '/' }] of Object.entries(cases)) {
    it(title, async () => {
      const baseURL = await startEcho();
      const call = (instance: AxiosInstance) => instance.request<Echo>({ ...config });
      const untraced = await call(axios.create({ ...defaults, baseURL }));
      const traced = await call(traceAxios(axios.create({ ...defaults, baseURL })));
      expect(traced.data).toEqual(untraced.data);
      const span = await recorder.take(({ kind }) => kind === 'CLIENT');
      expect(decodeURI(String(span.attributes['url.full']))).toBe(baseURL + target);
    });
  }
});

it('the config of the response is that of the caller, without the headers of the trace', async () => {
  const baseURL = await startEcho();
  const config = { params: { a: '1' }, headers: { 'x-own': '1' } };
  const untraced = await axios.create({ baseURL }).get('/a', config);
  const traced = await traceAxios(axios.create({ baseURL })).get('/a', config);
  await recorder.take('GET');
  const { adapter: _untraced, headers, ...before } = untraced.config;
  const { adapter: _traced, headers: tracedHeaders, ...after } = traced.config;
  // The adapter of axios adds these two to the headers it is given, and it is given a copy.
  expect(tracedHeaders.toJSON()).toEqual(headers.delete(['user-agent', 'accept-encoding']) && headers.toJSON());
  expect(after).toEqual(before);
  expect(config).toEqual({ params: { a: '1' }, headers: { 'x-own': '1' } });
});

it('the statuses that axios rejects are its own matter', async () => {
  const url = await startService((_request, response) => response.writeHead(404).end('{"why":"gone"}'));
  const instance = traceAxios(axios.create());
  const rejected = await instance.get(url).catch((thrown: unknown) => thrown);
  expect(axios.isAxiosError(rejected) && rejected instanceof axios.AxiosError).toBe(true);
  expect(rejected).toMatchObject({
    code: 'ERR_BAD_REQUEST',
    message: 'Request failed with status code 404',
    response: { status: 404, data: { why: 'gone' } },
  });
  expect((rejected as { config: object }).config).toBe((rejected as { response: { config: object } }).response.config);
  expect((await recorder.take('GET')).attributes['error.type']).toBe('404');

  expect((await instance.get(url, { validateStatus: () => true })).status).toBe(404);
  expect((await recorder.take('GET')).status).toBe('ERROR');
});

it('what is wrong with a response that came whole is no error of the call', async () => {
  const url = await startService((_request, response) => response.end('{broken'));
  const instance = traceAxios(axios.create({ responseType: 'json', transitional: { silentJSONParsing: false } }));
  await expect(instance.get(url)).rejects.toThrow(/JSON/);
  expect((await recorder.take('GET')).status).toBe('UNSET');
});

it.each(['http', 'fetch'])('a timeout of axios is an error (%s)', async (adapter) => {
  const url = await startService(() => {});
  const instance = traceAxios(axios.create({ adapter, timeout: 50 }));
  await expect(instance.get(url)).rejects.toMatchObject({
    name: 'AxiosError',
    message: expect.stringContaining('timeout'),
  });
  const span = await recorder.take('GET');
  expect(span.status).toBe('ERROR');
  expect(['ECONNABORTED', 'ETIMEDOUT']).toContain(span.attributes['error.type']);
});

it('a cancel token gives a call up', async () => {
  const source = axios.CancelToken.source();
  const url = await startService(() => source.cancel('enough'));
  const rejected = await traceAxios(axios.create())
    .get(url, { cancelToken: source.token })
    .catch((thrown: unknown) => thrown);
  expect(axios.isCancel(rejected)).toBe(true);
  const span = await recorder.take('GET');
  expect(span.status).toBe('UNSET');
  expect(span.attributes['throughline.cancelled']).toBe(true);
});

it('a connection that is refused rejects with the error of axios', async () => {
  const rejected = await traceAxios(axios.create())
    .get('http://127.0.0.1:9/', { params: { token: 'secret' } })
    .catch((thrown: unknown) => thrown);
  expect(rejected).toMatchObject({ code: 'ECONNREFUSED', config: { params: { token: 'secret' } } });
  const span = await recorder.take('GET');
  expect(span.attributes['url.full']).toBe('http://127.0.0.1:9/?token=REDACTED');
});

it.each(['/relative', 'http://', 'ftp://example.com/'])(
  'what axios refuses is refused in the same way: %s',
  async (url) => {
    const untraced = await axios
      .create()
      .get(url)
      .catch((thrown: unknown) => thrown);
    const traced = await traceAxios(axios.create())
      .get(url)
      .catch((thrown: unknown) => thrown);
    expect(traced).toMatchObject({ name: (untraced as Error).name, message: (untraced as Error).message });
  },
);

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}
