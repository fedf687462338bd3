import { type RecordedSpan, recordSpans, type ServerSubject, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAxiosClient } from '../packages/clients/test/axios-subject.ts';
import { createFetchClient } from '../packages/clients/test/fetch-subject.ts';
import { startExpress } from '../packages/express/test/express-subject.ts';
import { startFastifyApplication } from '../packages/fastify/test/fastify-application.ts';
import { startNestOnExpress, startNestOnFastify } from '../packages/nestjs/test/nest-platforms.ts';
import { startNodeHttp } from './node-http-subject.ts';
import { type Call, calls, startTarget, type Target } from './semantic-conventions/calls.ts';
import { type Exchange, exchanges, routes, send } from './semantic-conventions/exchanges.ts';
import { type StartedSpans, watchStartedSpans } from './semantic-conventions/started-spans.ts';
import { type Truth, violationsOf } from './semantic-conventions/violations.ts';

// The spans of everything that may become of a request or a call, against the semantic conventions for HTTP, v1.44.0.

type Checked = [span: RecordedSpan, start: Record<string, unknown>, truth: Truth];

let recorder: SpanRecorder;
let started: StartedSpans;
beforeAll(async () => {
  recorder = await recordSpans();
  started = watchStartedSpans();
});
afterEach(() => {
  try {
    recorder.assertEmpty();
  } finally {
    recorder.clear();
  }
});
afterAll(() => recorder.stop());

const options = { requestHeaders: ['x-case'], responseHeaders: ['content-type'] };

const servers: readonly ServerSubject[] = [
  { name: 'node:http', start: startNodeHttp },
  { name: 'Express', start: startExpress },
  { name: 'Fastify', start: startFastifyApplication },
  { name: 'Nest on Express', start: startNestOnExpress },
  { name: 'Nest on Fastify', start: startNestOnFastify },
];

describe.each(servers)('the SERVER span of $name keeps the conventions', ({ start }) => {
  let url: string;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const { tracerProvider } = started;
    const setup = { options: { ...options, tracerProvider }, middleware: [], routes, installations: 1 };
    ({ url, close } = await start({ ...setup, upgrade: undefined }));
  });
  afterAll(() => close());

  it.each(exchanges)('for $what', async (exchange) => {
    expect(violationsOf(...(await exchangeSpan(url, exchange)))).toEqual([]);
  });
});

const clients = [
  { name: 'fetch', createClient: createFetchClient },
  { name: 'axios', createClient: createAxiosClient },
  { name: 'axios on fetch', createClient: (given: object) => createAxiosClient(given, { adapter: 'fetch' }) },
];

describe.each(clients)('the CLIENT span of $name keeps the conventions', ({ createClient }) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
  });
  afterAll(() => target.close());

  it.each(calls)('for $what', async (call) => {
    const given = { ...options, tracerProvider: started.tracerProvider };
    expect(violationsOf(...(await callSpan(createClient(given), target, call)))).toEqual([]);
  });
});

describe('the check itself', () => {
  let server: Checked;
  let client: Checked;
  beforeAll(async () => {
    const setup = { options: { tracerProvider: started.tracerProvider }, middleware: [], routes, installations: 1 };
    const { url, close } = await startNodeHttp({ ...setup, upgrade: undefined });
    server = await exchangeSpan(url, exchanges.find(({ what }) => what === 'a signed URL') as Exchange);
    await close();
    const target = await startTarget();
    const given = { tracerProvider: started.tracerProvider };
    client = await callSpan(createFetchClient(given), target, calls.find(({ what }) => what === '404') as Call);
    await target.close();
  });

  it.each<[what: string, change: (attributes: Record<string, unknown>) => object]>([
    ['an attribute that is required and missing', ({ 'url.path': _, ...rest }) => rest],
    ['an attribute that is recommended and missing', ({ 'network.peer.address': _, ...rest }) => rest],
    ['an attribute whose condition holds and is missing', ({ 'url.query': _, ...rest }) => rest],
    ['an attribute whose condition does not hold', (rest) => ({ ...rest, 'http.request.method_original': 'GET' })],
    ['an attribute of the wrong type', (rest) => ({ ...rest, 'http.response.status_code': '200' })],
    ['an attribute that the registry does not have', (rest) => ({ ...rest, 'http.verb': 'GET' })],
    ['an attribute of earlier conventions', (rest) => ({ ...rest, 'http.status_code': 200 })],
    ['an attribute of the other kind of span', (rest) => ({ ...rest, 'url.full': 'http://a/' })],
    ['a method that is not known', (rest) => ({ ...rest, 'http.request.method': 'PROPFIND' })],
    ['a path with a query', (rest) => ({ ...rest, 'url.path': '/items/7?a=1' })],
    ['a signature', (rest) => ({ ...rest, 'url.query': 'sig=secret' })],
    ['an error that was none', (rest) => ({ ...rest, 'error.type': '404' })],
    ['a header that is no list', (rest) => ({ ...rest, 'http.request.header.x-case': '1' })],
  ])('finds %s', (_what, change) => {
    const [span, start, truth] = server;
    expect(violationsOf(span, start, truth)).toEqual([]);
    expect(violationsOf({ ...span, attributes: { ...change(span.attributes) } }, start, truth)).not.toEqual([]);
  });

  it.each<[what: string, change: Partial<RecordedSpan>]>([
    ['a raw path in the name', { name: 'GET /404' }],
    ['an error that is not marked', { status: 'UNSET' }],
    ['a description that says the status code again', { statusMessage: 'Not Found' }],
    ['an exception that says nothing', { exceptions: [{ type: undefined, message: undefined }] }],
    ['a kind that is not of HTTP', { kind: 'INTERNAL' }],
  ])('finds %s', (_what, change) => {
    const [span, start, truth] = client;
    expect(violationsOf(span, start, truth)).toEqual([]);
    expect(violationsOf({ ...span, ...change }, start, truth)).not.toEqual([]);
  });

  it('finds a password in the URL, and what a sampler could not see', () => {
    const [span, start, truth] = client;
    const shown = { ...span.attributes, 'url.full': 'http://alice:secret@127.0.0.1/' };
    expect(violationsOf({ ...span, attributes: shown }, shown, truth)).not.toEqual([]);
    expect(violationsOf(span, { ...start, 'url.full': undefined }, truth)).not.toEqual([]);
  });
});

async function exchangeSpan(url: string, exchange: Exchange): Promise<Checked> {
  await send(url, exchange);
  return withStart(await recorder.take(({ kind }) => kind === 'SERVER'), exchange);
}

async function callSpan(client: ReturnType<typeof createFetchClient>, target: Target, call: Call): Promise<Checked> {
  const { method = 'GET', to, secure, init } = call;
  const url = new URL(to, secure ? target.url.replace('http:', 'https:') : target.url).href;
  await client.request(method, url, { headers: { 'x-case': '1' }, ...init?.(target) }).catch(() => {});
  return withStart(await recorder.take(({ kind }) => kind === 'CLIENT'), call);
}

function withStart(span: RecordedSpan, truth: Truth): Checked {
  return [span, { ...started.of(span.spanId) }, truth];
}
