import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { traceAxios } from '@throughline/clients/axios';
import axios from 'axios';
import { expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { startService } from './echo-service.ts';

const recorder = useRecorder();
const instance = traceAxios(axios.create({ responseType: 'stream' }));

it('the span of a stream lasts until its end', async () => {
  let end: () => void = () => {};
  const url = await startService((_request, response) => {
    response.write('a');
    end = () => response.end('b');
  });
  const { data } = await instance.get<Readable>(url);
  expect(recorder.finished()).toEqual([]);
  setTimeout(() => end(), 100);
  expect(await text(data)).toBe('ab');
  const { durationMs, attributes } = await recorder.take('GET');
  expect(durationMs - Number(attributes['throughline.time_to_first_byte_ms'])).toBeGreaterThan(90);
});

it('a stream on fetch lasts until its end', async () => {
  const url = await startService((_request, response) => {
    response.write('a');
    setTimeout(() => response.end('b'), 100);
  });
  const { data } = await instance.get<ReadableStream>(url, { adapter: 'fetch' });
  expect(recorder.finished()).toEqual([]);
  expect(await text(data as never)).toBe('ab');
  expect((await recorder.take('GET')).durationMs).toBeGreaterThan(90);
});

it('a stream that is destroyed ends the span, and is no error', async () => {
  const url = await startService((_request, response) => response.write('a'));
  const { data } = await instance.get<Readable>(url);
  data.destroy();
  expect((await recorder.take('GET')).status).toBe('UNSET');
});

it('a stream that breaks is an error', async () => {
  let reset: () => void = () => {};
  const url = await startService((_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('a');
    reset = () => response.socket?.resetAndDestroy();
  });
  const { data } = await instance.get<Readable>(url);
  reset();
  await expect(text(data)).rejects.toThrow();
  const span = await recorder.take('GET');
  expect(span.status).toBe('ERROR');
  expect(span.attributes['error.type']).toBe('ECONNRESET');
  expect(span.attributes['http.response.status_code']).toBe(200);
});

it('a stream that is given up is marked', async () => {
  const controller = new AbortController();
  const url = await startService((_request, response) => response.write('a'));
  const { data } = await instance.get<Readable>(url, { signal: controller.signal });
  data.on('error', () => {});
  const closed = once(data, 'close').catch(() => {});
  controller.abort();
  await closed;
  expect((await recorder.take('GET')).attributes['throughline.cancelled']).toBe(true);
});

it('a stream with a status that axios rejects ends with its stream', async () => {
  const url = await startService((_request, response) => response.writeHead(500).end('why'));
  const rejected: unknown = await instance.get(url).catch((thrown: unknown) => thrown);
  expect(axios.isAxiosError<Readable>(rejected) && (await text(rejected.response?.data as Readable))).toBe('why');
  expect((await recorder.take('GET')).attributes['error.type']).toBe('500');
});
