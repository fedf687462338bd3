import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { json } from 'node:stream/consumers';
import { parse } from 'node:url';
import { tracedHttp } from '@throughline/clients/http';
import { describe, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { type Echo, startEcho } from './echo-service.ts';

const recorder = useRecorder();

type Listener = (response: IncomingMessage) => void;
type Arguments = (url: URL, listener: Listener) => readonly unknown[];

const inputs: Record<string, Arguments> = {
  'a string': ({ href }) => [`${href}a?b=c#d`],
  'a string and a listener': ({ href }, listener) => [href, listener],
  'a string, options and a listener': ({ href }, listener) => [href, { method: 'PUT' }, listener],
  'a URL': (url) => [new URL('/a?b=c#d', url)],
  'a URL with a user': (url) => [Object.assign(new URL(url), { username: 'al ice', password: 's:c' })],
  'a URL and options that overrule it': (url) => [url, { path: '/other?x', method: 'delete' }],
  'a URL and no options': (url, listener) => [url, undefined, listener],
  'options alone': ({ hostname, port }) => [{ hostname, port, path: '/a?b' }],
  'options and a listener': ({ hostname, port }, listener) => [{ host: hostname, port: Number(port) }, listener],
  'options without own members that count': ({ hostname, port }) => [
    Object.assign(Object.create({ path: '/inherited' }), { hostname, port }),
  ],
  'what `url.parse` returns': ({ href }) => [parse(`${href}a?b`)],
  'a user in options': ({ hostname, port }) => [{ hostname, port, auth: 'alice:secret' }],
  'an agent with a port of its own': ({ hostname, port }) => [
    { hostname, agent: Object.assign(new http.Agent(), { defaultPort: Number(port) }) },
  ],
  'no agent': (url) => [url, { agent: false }],
  'a whole URL as path, as a proxy is asked': ({ hostname, port, origin }) => [
    { hostname, port, path: `${origin}/there` },
  ],
  'a target that is no path': ({ hostname, port }) => [{ hostname, port, method: 'OPTIONS', path: '*' }],
  'headers as an object': (url) => [url, { headers: { 'X-Own': '1', 'x-number': 2, 'x-list': ['a', 'b'] } }],
  'headers as a list': (url) => [url, { headers: ['X-Own', '1', 'host', 'a.example', 'X-Own', '2'] }],
  'headers as pairs': (url) => [
    url,
    {
      headers: [
        ['X-Own', '1'],
        ['Host', 'a.example'],
      ],
    },
  ],
  'a request that expects 100-continue': (url) => [url, { method: 'POST', headers: { expect: '100-continue' } }],
  'frozen options': (url) => [url, Object.freeze({ headers: Object.freeze({ 'x-own': '1' }) })],
};

describe('the service gets what it gets from the untraced `node:http`, and the trace, from', () => {
  for (const [input, argumentsFor] of Object.entries(inputs)) {
    it(input, async () => {
      const url = new URL(await startEcho());
      const untraced = await exchange(http.request, argumentsFor, url);
      const traced = await exchange(tracedHttp().request, argumentsFor, url);
      expect(traced.echo).toEqual(untraced.echo);
      const span = await recorder.take(({ kind }) => kind === 'CLIENT');
      expect(traced.caller).toBe(span.spanId);
      const target = untraced.echo.target.replace(url.origin, '').replace('*', '/');
      expect(String(span.attributes['url.full']).replace('REDACTED:REDACTED@', '')).toBe(url.origin + target);
      expect(span.attributes['http.request.method']).toBe(untraced.echo.method);
      expect(span.attributes['server.port']).toBe(Number(url.port));
    });
  }
});

const refused: Record<string, readonly unknown[]> = {
  'a relative URL': ['/relative'],
  'another protocol': ['ftp://127.0.0.1/'],
  'a method that is no string': [{ method: 7 }],
  'a listener that is none': ['http://127.0.0.1:1/', {}, 'listener'],
};

describe('what `node:http` refuses is refused in the same way, without a request:', () => {
  for (const [input, args] of Object.entries(refused)) {
    it(input, async () => {
      const failure = thrownBy(() => http.request(...(args as [string])));
      expect(failure).toBeInstanceOf(Error);
      expect(thrownBy(() => tracedHttp().request(...(args as [string])))).toEqual(failure);
      for (const { name } of recorder.finished().slice()) expect((await recorder.take(name)).status).toBe('ERROR');
    });
  }
});

it('the options of the caller stay as they were', async () => {
  const headers = { 'x-own': '1', TraceParent: 'stale' };
  const options: RequestOptions = { headers, method: 'get' };
  const response = await responseTo(tracedHttp().get(await startEcho(), options));
  expect(((await json(response)) as Echo).headers['x-own']).toBe('1');
  await recorder.take('GET');
  expect(options).toEqual({ headers: { 'x-own': '1', TraceParent: 'stale' }, method: 'get' });
  expect(options.headers).toBe(headers);
});

it('what is traced already is not traced twice', async () => {
  const { get } = tracedHttp(tracedHttp(), { onStart: (span) => span.setAttribute('own', 'second') });
  (await responseTo(get(await startEcho()))).resume();
  expect((await recorder.take('GET')).attributes.own).toBe('second');
});

it('what is no module is refused at set-up', () => {
  const message = '[http] Expected a module to trace. Pass what `node:http` or `node:https` exports.';
  for (const wrong of [null, http.request, {}]) expect(() => tracedHttp(wrong as never)).toThrow(message);
  expect(() => tracedHttp(http, { ignore: () => true } as never)).toThrow('[http] There is no option `ignore`');
});

type Exchanged = { readonly echo: Echo; readonly caller: string | undefined };

async function exchange(request: typeof http.request, argumentsFor: Arguments, url: URL): Promise<Exchanged> {
  let heard: IncomingMessage | undefined;
  const args = argumentsFor(url, (response) => {
    heard = response;
  });
  const outgoing = request(...(args as [string]));
  const response = await responseTo(outgoing.end());
  if (args.some((argument) => typeof argument === 'function')) expect(heard).toBe(response);
  return { echo: (await json(response)) as Echo, caller: response.headers['x-caller']?.toString() };
}

async function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

function thrownBy(run: () => ClientRequest): unknown {
  try {
    run()
      .on('error', () => {})
      .destroy();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
