import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { KitRoute } from '@throughline/testkit';
import type { Truth } from './violations.ts';

/** A request to a server of ours, and what is to come of it. */
export type Exchange = {
  readonly what: string;
  /** Method and target, as they go over the wire. */
  readonly line: string;
  /** `Host`, where it is not `shop.example:8080`, and other header lines. */
  readonly headers?: readonly string[];
  readonly version?: '1.0' | '1.1';
  /** The client leaves: when the handler runs, or with the first bytes of the response. */
  readonly leave?: 'handled' | 'first-byte';
} & Truth;

const handled = new EventEmitter();
const host = ['Host: shop.example:8080'];
const item = '/items/:id';

export const routes: readonly KitRoute[] = [
  { method: 'GET', path: item, handle: () => ({ body: 'ok' }) },
  { method: 'GET', mount: '/v1/:tenant', path: item, handle: () => ({ body: 'ok' }) },
  { method: 'POST', path: '/items', handle: () => ({ status: 201 }) },
  { method: 'GET', path: '/unavailable', handle: () => ({ status: 503 }) },
  { method: 'GET', path: '/moved', handle: () => ({ status: 302, headers: { location: '/items/1' } }) },
  { method: 'GET', path: '/teapot', handle: () => fail(Object.assign(new Error('short and stout'), { status: 418 })) },
  { method: 'GET', path: '/broken', handle: () => fail(new RangeError('out of stock')) },
  { method: 'GET', path: '/thrown-text', handle: () => fail('out of stock') },
  {
    method: 'GET',
    path: '/hanging',
    handle() {
      handled.emit('hanging');
      return new Promise(() => {});
    },
  },
  {
    method: 'GET',
    path: '/stream',
    async handle({ response }) {
      response.write('one');
      await delay(10);
      response.end('two');
      return undefined;
    },
  },
  {
    method: 'GET',
    path: '/events',
    async handle({ response }) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      return undefined;
    },
  },
  {
    method: 'GET',
    path: '/cut',
    async handle({ response }) {
      response.write('one');
      await delay(10);
      response.destroy();
      return undefined;
    },
  },
];

/** Success and failure of every kind that every server knows. */
export const exchanges: readonly Exchange[] = [
  { what: 'a parameter', line: 'GET /items/7', route: item, status: 200, failed: false },
  { what: 'a query', line: 'GET /items/7?a=1', route: item, query: 'a=1', status: 200, failed: false },
  { what: 'an empty query', line: 'GET /items/7?', route: item, status: 200, failed: false },
  {
    what: 'a signed URL',
    line: 'GET /items/7?X-Amz-Signature=secret&sig=secret',
    route: item,
    query: 'X-Amz-Signature=REDACTED&sig=REDACTED',
    status: 200,
    failed: false,
  },
  { what: 'a mount', line: 'GET /v1/acme/items/7', route: `/v1/:tenant${item}`, status: 200, failed: false },
  { what: 'HEAD', line: 'HEAD /items/7', route: item, status: 200, failed: false },
  {
    what: 'POST',
    line: 'POST /items',
    headers: [...host, 'Content-Length: 0'],
    route: '/items',
    status: 201,
    failed: false,
  },
  { what: 'a method of WebDAV', line: 'PROPFIND /items/7', status: 404, failed: false },
  { what: 'an unknown path', line: 'GET /nowhere', status: 404, failed: false },
  { what: 'a method that the path has not', line: 'DELETE /items/7', status: 404, failed: false },
  { what: 'a redirect', line: 'GET /moved', route: '/moved', status: 302, failed: false },
  { what: 'an answer of 503', line: 'GET /unavailable', route: '/unavailable', status: 503, failed: true },
  { what: 'an error of 418', line: 'GET /teapot', route: '/teapot', status: 418, failed: false },
  { what: 'an error', line: 'GET /broken', route: '/broken', status: 500, failed: true },
  { what: 'a thrown text', line: 'GET /thrown-text', route: '/thrown-text', status: 500, failed: true },
  { what: 'a stream', line: 'GET /stream', route: '/stream', status: 200, failed: false },
  { what: 'events', line: 'GET /events', leave: 'first-byte', route: '/events', status: 200, failed: false },
  {
    what: 'a client that leaves',
    line: 'GET /hanging',
    leave: 'handled',
    route: '/hanging',
    status: undefined,
    failed: true,
  },
  { what: 'a response cut off', line: 'GET /cut', route: '/cut', status: 200, failed: true },
  {
    what: 'the absolute form',
    line: 'GET http://other.example/items/7?a=1',
    route: item,
    query: 'a=1',
    status: 200,
    failed: false,
  },
  { what: 'a fragment', line: 'GET /items/7#part', route: item, status: 200, failed: false },
  { what: 'IPv6', line: 'GET /items/7', headers: ['Host: [::1]'], route: item, status: 200, failed: false },
  { what: 'no port', line: 'GET /items/7', headers: ['Host: shop.example'], route: item, status: 200, failed: false },
  {
    what: 'HTTP/1.0 without a Host',
    line: 'GET /items/7',
    version: '1.0',
    headers: [],
    route: item,
    status: 200,
    failed: false,
    unknown: ['server.address'],
  },
];

/** Sends the request and waits until the connection is closed. */
export async function send(url: string, { line, version = '1.1', headers = host, leave }: Exchange): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
  socket.on('error', () => {}); // a response cut off may come as a reset
  if (leave === 'handled') handled.once('hanging', () => socket.destroy());
  if (leave === 'first-byte') socket.once('data', () => socket.destroy());
  else socket.resume();
  const all = [...headers, 'User-Agent: test/1.0', 'X-Case: 1', 'Connection: close'];
  socket.write([`${line} HTTP/${version}`, ...all, '', ''].join('\r\n'));
  await once(socket, 'close');
}

function fail(thrown: unknown): never {
  throw thrown;
}
