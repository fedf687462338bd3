import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import axios, { type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { callerOf, type Echo, startEcho, startService } from './echo-service.ts';

const recorder = useRecorder();

it('the instance is the one given, and callable as ever', async () => {
  const url = await startEcho();
  const instance = axios.create();
  expect(traceAxios(instance)).toBe(instance);
  expect((await instance(url)).status).toBe(200);
  expect((await instance({ url, method: 'post', data: 'a' })).status).toBe(200);
  await recorder.take('GET');
  await recorder.take('POST');
});

it('an instance traced twice makes one span', async () => {
  const url = await startEcho();
  await traceAxios(traceAxios(axios.create())).get(url);
  await recorder.take('GET');
});

it('axios on a fetch that is traced too makes one span', async () => {
  const url = await startService((request, response) => response.end(callerOf(request)));
  const untraced = globalThis.fetch;
  onTestFinished(() => {
    globalThis.fetch = untraced;
  });
  globalThis.fetch = tracedFetch();
  const { data } = await traceAxios(axios.create({ adapter: 'fetch', responseType: 'text' })).get(url);
  const span = await recorder.take('GET');
  expect(span.scope).toBe('@throughline/clients/axios');
  expect(data).toBe(span.spanId);
});

it('interceptors before and after do what they did', async () => {
  const url = await startEcho();
  const instance = axios.create();
  instance.interceptors.request.use((config) => withHeader(config, 'x-before'));
  traceAxios(instance);
  instance.interceptors.request.use(async (config) => withHeader(config, 'x-after'));
  instance.interceptors.response.use((response) => response.data);
  const echo = (await instance.get(url)) as unknown as Echo;
  expect(echo.headers).toMatchObject({ 'x-before': '1', 'x-after': '1' });
  await recorder.take('GET');
});

it('an interceptor that throws leaves no span', async () => {
  const instance = axios.create();
  instance.interceptors.request.use(() => {
    throw new Error('not today');
  });
  traceAxios(instance);
  await expect(instance.get('http://127.0.0.1:9/')).rejects.toThrow('not today');
});

it('interceptors that are synchronous stay so', async () => {
  const url = await startEcho();
  let called = false;
  const adapter: AxiosAdapter = (config) => {
    called = true;
    return axios.getAdapter('http')(config);
  };
  const sent = traceAxios(axios.create({ adapter })).get(url);
  expect(called).toBe(true);
  await sent;
  await recorder.take('GET');
});

it('every attempt of a retry is a call of its own', async () => {
  const callers: unknown[] = [];
  const url = await startService((request, response) => {
    callers.push(callerOf(request));
    response.writeHead(callers.length < 3 ? 503 : 200).end('{}');
  });
  const instance = traceAxios(axios.create());
  instance.interceptors.response.use(undefined, (thrown) => instance.request(thrown.config));
  expect((await instance.post(url, { a: 1 })).status).toBe(200);
  const statuses: unknown[] = [];
  for (const caller of callers) {
    const span = await recorder.take(({ spanId }) => spanId === caller);
    statuses.push(span.attributes['http.response.status_code']);
  }
  expect(statuses).toEqual([503, 503, 200]);
});

describe('an adapter of the application', () => {
  it('gets the config with the headers of the trace, and its response is passed on', async () => {
    const adapter: AxiosAdapter = async (config) => ({
      data: config.headers.get('traceparent'),
      status: 418,
      statusText: 'teapot',
      headers: {},
      config,
    });
    const response = await traceAxios(axios.create({ adapter })).get('http://stub.example.com/');
    const span = await recorder.take('GET');
    expect(response.data).toBe(`00-${span.traceId}-${span.spanId}-01`);
    expect(response.config.headers.has('traceparent')).toBe(false);
    expect(span.attributes['error.type']).toBe('418');
  });

  it('may throw anything', async () => {
    const adapter: AxiosAdapter = () => Promise.reject('text');
    await expect(traceAxios(axios.create({ adapter })).get('http://stub.example.com/')).rejects.toBe('text');
    expect((await recorder.take('GET')).attributes['error.type']).toBe('string');
  });

  it('may resolve with nothing of use', async () => {
    const adapter: AxiosAdapter = async () => Object.freeze({ headers: {} }) as never;
    const sent = traceAxios(axios.create({ adapter })).get('http://stub.example.com/');
    await Promise.allSettled([sent]);
    await recorder.take('GET');
  });
});

it('what is no instance, and an option that is wrong, are refused at once', () => {
  expect(() => traceAxios({} as never)).toThrow('[axios] Expected an instance of axios. Pass `axios` or');
  expect(() => traceAxios(axios.create(), { propagate: true } as object)).toThrow(
    '[axios] Expected `propagate` to be a function, got boolean.',
  );
});

function withHeader(config: InternalAxiosRequestConfig, name: string): InternalAxiosRequestConfig {
  config.headers.set(name, '1');
  return config;
}
