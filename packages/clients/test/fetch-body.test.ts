import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tracedFetch } from '@throughline/clients/fetch';
import { describe, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { startService } from './echo-service.ts';

const recorder = useRecorder();
const LARGE = 'x'.repeat(8 * 1024 * 1024);

it('the response is the very object that fetch has returned', async () => {
  const url = await startService((_request, response) => response.end('ok'));
  let returned: Response | undefined;
  const traced = tracedFetch({
    fetch: async (...args) => {
      returned = await fetch(...args);
      return returned;
    },
  });
  const response = await traced(url);
  expect(response).toBe(returned);
  expect(await response.text()).toBe('ok');
  await recorder.take('GET');
});

it('a body that is cancelled ends the span, and is no error', async () => {
  const url = await startService((_request, response) => response.end(LARGE));
  const response = await tracedFetch()(url);
  await response.body?.cancel(new Error('enough'));
  const span = await recorder.take('GET');
  expect(span.status).toBe('UNSET');
  expect(span.attributes['http.response.status_code']).toBe(200);
});

it('a body read through a clone counts as read', async () => {
  const url = await startService((_request, response) => response.end(LARGE));
  const response = await tracedFetch()(url);
  const [one, two] = await Promise.all([response.clone().text(), response.text()]);
  expect(one.length + two.length).toBe(2 * LARGE.length);
  await recorder.take('GET');
});

it('a response without a body ends the span', async () => {
  const url = await startService((_request, response) => response.writeHead(204).end());
  expect((await tracedFetch()(url, { method: 'DELETE' })).status).toBe(204);
  await recorder.take('DELETE');
});

it('a response that is kept keeps nothing of its call when it is read', async () => {
  const url = await startService((_request, response) => response.end('ok'));
  let calledUrl: WeakRef<URL> | undefined;
  const traced = tracedFetch({
    onStart: (_span, target) => {
      calledUrl = new WeakRef(target);
    },
  });
  const response = await traced(url);
  const text = await response.text();
  await recorder.take('GET');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let n = 0; n < 50 && calledUrl?.deref() !== undefined; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  expect(calledUrl?.deref()).toBeUndefined();
  expect([response.status, text]).toEqual([200, 'ok']);
});

it('a response that is dropped unread is freed, and the span ends as of its headers', async () => {
  const url = await startService((_request, response) => response.end(LARGE));
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await tracedFetch()(url);
  for (let n = 0; n < 200 && recorder.finished().length === 0; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
  }
  const span = await recorder.take('GET', 1);
  expect(span.status).toBe('UNSET');
  expect(span.attributes['throughline.cancelled']).toBeUndefined();
});

it('a stream that is read for longer than unread bodies may wait lasts to its end', { timeout: 60_000 }, async () => {
  const url = await startService((_request, response) => {
    response.write('a');
    setTimeout(() => response.end('b'), 6000);
  });
  const response = await tracedFetch()(url);
  expect(await response.text()).toBe('ab');
  const span = await recorder.take('GET');
  expect(span.durationMs).toBeGreaterThan(5900);
});

describe('a redirect', () => {
  it('that is not followed ends the call', async () => {
    const url = await startService((_request, response) => response.writeHead(302, { location: '/b' }).end());
    expect((await tracedFetch()(url, { redirect: 'manual' })).status).toBe(302);
    const span = await recorder.take('GET');
    expect(span.attributes['http.response.status_code']).toBe(302);
    expect(span.attributes['http.request.resend_count']).toBeUndefined();
    expect(span.status).toBe('UNSET');
  });

  it('that is forbidden is an error of the call', async () => {
    const url = await startService((_request, response) => response.writeHead(302, { location: '/b' }).end());
    await expect(tracedFetch()(url, { redirect: 'error' })).rejects.toThrow(TypeError);
    expect((await recorder.take('GET')).status).toBe('ERROR');
  });

  it('to a service that is down does not leave the status of the redirect', async () => {
    const url = await startService((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9' }).end(),
    );
    await expect(tracedFetch()(url)).rejects.toThrow(TypeError);
    const span = await recorder.take('GET');
    expect(span.status).toBe('ERROR');
  });
});
