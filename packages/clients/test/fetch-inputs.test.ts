import { tracedFetch } from '@throughline/clients/fetch';
import { describe, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { type Echo, startEcho } from './echo-service.ts';

const recorder = useRecorder();

type Arguments = (url: string) => Parameters<typeof fetch>;

const post = { method: 'POST' };
const bytes = new TextEncoder().encode('streamed');

// Made anew for each fetch: a body can be used once.
const inputs: Record<string, Arguments> = {
  'a string': (url) => [url],
  'a string and an empty init': (url) => [url, {}],
  'a URL': (url) => [new URL('/a?b=c#d', url)],
  'an object that turns into a URL': (url) => [{ toString: () => `${url}/x` } as unknown as string],
  'a Request': (url) => [new Request(url, { ...post, body: 'text', headers: { 'x-own': '1' } })],
  'a Request and an init': (url) => [new Request(url, { headers: { 'x-own': '1' } }), { headers: { 'x-other': '2' } }],
  'a Request with a referrer, and an init': (url) => [
    new Request(url, { referrer: 'http://example.com/from' }),
    { headers: { 'x-own': '1' } },
  ],
  'a Request with a stream': (url) => [new Request(url, { ...post, body: streamOf(bytes), duplex: 'half' })],
  'a Request in place of the init': (url) => [url, new Request(url, { ...post, body: 'text' })],
  'an init with inherited members': (url) => [url, Object.create({ method: 'PUT', body: 'text' })],
  'an init with a frozen headers object': (url) => [url, Object.freeze({ headers: Object.freeze({ 'x-own': '1' }) })],
  'headers as pairs': (url) => [
    url,
    {
      headers: [
        ['x-own', '1'],
        ['x-own', '2'],
      ],
    },
  ],
  'headers as Headers': (url) => [url, { headers: new Headers({ 'x-own': '1' }) }],
  'headers as a Map': (url) => [url, { headers: new Map([['x-own', '1']]) as unknown as Headers }],
  'a method in lower case': (url) => [url, { method: 'post' }],
  'a text': (url) => [url, { ...post, body: 'text' }],
  'a stream': (url) => [url, { ...post, body: streamOf(bytes), duplex: 'half' }],
  'a generator': (url) => [url, { ...post, body: generate() as unknown as ReadableStream, duplex: 'half' }],
  'a form': (url) => [url, { ...post, body: formOf({ a: '1', b: 'two' }) }],
  'a blob': (url) => [url, { ...post, body: new Blob(['blob'], { type: 'text/x-blob' }) }],
  'search parameters': (url) => [url, { ...post, body: new URLSearchParams({ a: '1' }) }],
  'an array buffer': (url) => [url, { ...post, body: bytes }],
};

describe('the service gets what it gets from the untraced fetch, from', () => {
  for (const [input, argumentsFor] of Object.entries(inputs)) {
    it(input, async () => {
      const url = await startEcho();
      const untraced = (await (await fetch(...argumentsFor(url))).json()) as Echo;
      const traced = await (await tracedFetch()(...argumentsFor(url))).json();
      expect(traced).toEqual(untraced);
      const span = await recorder.take(({ kind }) => kind === 'CLIENT');
      expect(span.attributes['url.full']).toBe(url + untraced.target);
    });
  }
});

const refused: Record<string, readonly unknown[]> = {
  'no argument': [],
  'a relative URL': ['/relative'],
  'what is no URL': [{}],
  'an init that is no object': ['http://127.0.0.1/', 7],
  'a header that is none': ['http://127.0.0.1/', { headers: { 'not a name': '1' } }],
};

describe('what fetch refuses is refused in the same way, without a span:', () => {
  for (const [input, args] of Object.entries(refused)) {
    it(input, async () => {
      const failure = await fetch(...(args as [string])).catch((thrown: unknown) => thrown);
      await expect(tracedFetch()(...(args as [string]))).rejects.toEqual(failure);
    });
  }
});

it('a body with GET is refused in the same way, with a span', async () => {
  const args: [string, RequestInit] = ['http://127.0.0.1/', { body: 'text' }];
  const failure = await fetch(...args).catch((thrown: unknown) => thrown);
  await expect(tracedFetch()(...args)).rejects.toEqual(failure);
  expect((await recorder.take('GET')).attributes['error.type']).toBe('TypeError');
});

it('a patch in lower case stays so, and is no method that HTTP knows', async () => {
  const url = await startEcho();
  const response = await tracedFetch()(url, { method: 'patch' });
  expect(response.status).toBe(400);
  expect((await recorder.take('HTTP')).attributes['http.request.method_original']).toBe('patch');
});

it('a `data:` URL is read as ever, without a span', async () => {
  expect(await (await tracedFetch()('data:text/plain,hello')).text()).toBe('hello');
});

it('the objects of the caller stay as they were', async () => {
  const url = await startEcho();
  const headers = new Headers({ 'x-own': '1', traceparent: 'stale' });
  const init: RequestInit = { headers, method: 'GET' };
  await (await tracedFetch()(url, init)).text();
  await recorder.take('GET');
  expect([...headers]).toEqual([
    ['traceparent', 'stale'],
    ['x-own', '1'],
  ]);
  expect(init).toEqual({ headers, method: 'GET' });
  expect(init.headers).toBe(headers);
});

it('a Request is used once, as fetch uses it', async () => {
  const url = await startEcho();
  const request = new Request(url, { method: 'POST', body: 'text' });
  await (await tracedFetch()(request)).text();
  await recorder.take('POST');
  expect(request.bodyUsed).toBe(true);
  expect(request.headers.has('traceparent')).toBe(false);
  await expect(tracedFetch()(request)).rejects.toThrow(TypeError);
  expect((await recorder.take('POST')).status).toBe('ERROR');
});

it('a Request keeps its referrer', async () => {
  const url = await startEcho();
  // undici 7 itself forgets it, against the specification; https://fetch.spec.whatwg.org/#dom-request
  const response = await tracedFetch()(new Request(url, { referrer: 'http://example.com/from' }));
  expect(((await response.json()) as Echo).headers.referer).toBe('http://example.com/');
  await recorder.take('GET');
});

it('the signal of a Request counts', async () => {
  const url = await startEcho();
  const reason = new Error('changed my mind');
  const request = new Request(url, { signal: AbortSignal.abort(reason) });
  await expect(tracedFetch()(request)).rejects.toBe(reason);
  expect((await recorder.take('GET')).attributes['throughline.cancelled']).toBe(true);
});

function streamOf(chunk: Uint8Array): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function* generate(): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}
