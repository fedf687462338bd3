import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import '../examples/w3c-service/tracing.mjs';
import { CLIENTS, FRAMEWORKS, startService } from '../examples/w3c-service/service.mjs';

// The behaviour that the W3C's harness demands at level 2, strict: its 41 tests, told again.
// https://github.com/w3c/trace-context/tree/main/test

type Lines = readonly (readonly [name: string, value: string])[];
/** Header lines of a request, and what its outgoing calls must carry. */
type Exchange = { send: Lines; trace: 'continued' | 'new'; state?: string | undefined; calls?: number; flags?: RegExp };

const TRACE = '12345678901234567890123456789012';
const SPAN = '1234567890123456';
const VALID = `00-${TRACE}-${SPAN}-01`;

const parent = (value: string, name = 'traceparent'): Lines => [[name, value]];
const states = (...values: string[]): Lines => [
  ...parent(VALID),
  ...values.map((value) => ['tracestate', value] as const),
];
const restarts = (...values: string[]): Exchange[] => values.map((value) => ({ send: parent(value), trace: 'new' }));
const continues = (...values: string[]): Exchange[] =>
  values.map((value) => ({ send: parent(value), trace: 'continued' }));
const keeps = (state: string, ...values: string[]): Exchange => ({
  send: states(...values),
  trace: 'continued',
  state,
});
const drops = (...values: string[]): Exchange => ({ send: states(...values), trace: 'continued', state: undefined });
const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `k${from + index}=${from + index}`).join(',');
const characters = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));

const KEY = `${characters(0x61, 0x7a)}0123456789_-*/`;
const VALUE = characters(0x20, 0x2b) + characters(0x2d, 0x3c) + characters(0x3e, 0x7e);
const three = { calls: 3 } as const;

const cases: Record<string, Exchange[]> = {
  'a request without trace context starts a trace': [{ send: [], trace: 'new', state: undefined }],
  'a traceparent without a tracestate is continued': continues(VALID),
  'a traceparent that comes twice is void': [
    { send: [...parent(VALID.replace('12-', '11-')), ...parent(VALID)], trace: 'new' },
  ],
  'names that only look like traceparent count for nothing': [
    { send: parent(VALID, 'trace-parent'), trace: 'new' },
    { send: parent(VALID, 'trace.parent'), trace: 'new' },
  ],
  'the case of the name traceparent does not matter': ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => ({
    send: parent(VALID, name),
    trace: 'continued',
  })),
  'version 00 with trailing text is void': restarts(`${VALID}.`, `${VALID}-what-the-future-will-be-like`),
  'a later version counts as far as it is understood': [
    ...continues(VALID.replace(/^00/, 'cc'), `${VALID.replace(/^00/, 'cc')}-what-the-future-will-be-like`),
    ...restarts(`${VALID.replace(/^00/, 'cc')}.what-the-future-will-be-like`),
  ],
  'version ff is void': restarts(VALID.replace(/^00/, 'ff')),
  'a version of other characters is void': restarts(VALID.replace(/^00/, '.0'), VALID.replace(/^00/, '0.')),
  'a version that is too long is void': restarts(`0${VALID}`, `00${VALID}`),
  'a version that is too short is void': restarts(VALID.slice(1)),
  'a trace id of zeros is void': restarts(VALID.replace(TRACE, '0'.repeat(32))),
  'a trace id of other characters is void': restarts(
    VALID.replace(TRACE, `.${TRACE.slice(1)}`),
    VALID.replace(TRACE, `${TRACE.slice(0, -1)}.`),
  ),
  'a trace id that is too long is void': restarts(VALID.replace(TRACE, `${TRACE}3`)),
  'a trace id that is too short is void': restarts(VALID.replace(TRACE, TRACE.slice(0, -1))),
  'a span id of zeros is void': restarts(VALID.replace(`-${SPAN}-`, `-${'0'.repeat(16)}-`)),
  'a span id of other characters is void': restarts(
    VALID.replace(`-${SPAN}-`, `-.${SPAN.slice(1)}-`),
    VALID.replace(`-${SPAN}-`, `-${SPAN.slice(0, -1)}.-`),
  ),
  'a span id that is too long is void': restarts(VALID.replace(`-${SPAN}-`, `-${SPAN}7-`)),
  'a span id that is too short is void': restarts(VALID.replace(`-${SPAN}-`, `-${SPAN.slice(0, -1)}-`)),
  'flags of other characters are void': restarts(VALID.replace(/01$/, '.0'), VALID.replace(/01$/, '0.')),
  'flags that are too long are void': restarts(VALID.replace(/01$/, '001')),
  'flags that are too short are void': restarts(VALID.replace(/01$/, '1')),
  'blanks around a traceparent do not matter': continues(
    ` ${VALID}`,
    `\t${VALID}`,
    `${VALID} `,
    `${VALID}\t`,
    `\t ${VALID} \t`,
  ),
  'a tracestate without a traceparent is dropped': ['foo=1', 'foo=1,bar=2'].map((state) => ({
    send: [['tracestate', state]],
    trace: 'new',
    state: undefined,
  })),
  'a tracestate with a traceparent is passed on': [keeps('foo=1,bar=2', 'foo=1,bar=2')],
  'names that only look like tracestate count for nothing': ['trace-state', 'trace.state'].map((name) => ({
    send: [...parent(VALID), [name, 'foo=1']],
    trace: 'continued',
    state: undefined,
  })),
  'the case of the name tracestate does not matter': ['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name) => ({
    send: [...parent(VALID), [name, 'foo=1']],
    trace: 'continued',
    state: 'foo=1',
  })),
  'an empty tracestate is dropped, and leaves others alone': [
    drops(''),
    keeps('foo=1', 'foo=1', ''),
    keeps('foo=1', '', 'foo=1'),
  ],
  'lines of tracestate are one list in their order': [
    keeps('foo=1,bar=2,rojo=1,congo=2,baz=3', 'foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'),
  ],
  'of members with the same key one is passed on': [
    keeps('foo=1', 'foo=1,foo=1'),
    keeps('foo=1', 'foo=1,foo=2'),
    keeps('foo=1', 'foo=1', 'foo=1'),
    keeps('foo=1', 'foo=1', 'foo=2'),
  ],
  'all characters that keys and values may have are passed on': [
    keeps(`${KEY}=${VALUE}`, `${KEY}=${VALUE}`),
    keeps(`${KEY}@a-z0-9_-*/=${VALUE}`, `${KEY}@a-z0-9_-*/=${VALUE}`),
  ],
  'blanks around members of a tracestate do not matter': [
    keeps('foo=1,bar=2,baz=3', 'foo=1 \t , \t bar=2, \t baz=3'),
    keeps('foo=1,bar=2,baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3'),
    ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((value) => keeps('foo=1', value)),
  ],
  'a key of other characters voids the tracestate': [drops('foo =1'), drops('FOO=1'), drops('foo.bar=1')],
  'an at sign may be anywhere in a key but in front': [
    keeps('foo@=1,bar=2', 'foo@=1,bar=2'),
    drops('@foo=1,bar=2'),
    keeps('foo@@bar=1,bar=2', 'foo@@bar=1,bar=2'),
    keeps('foo@bar@baz=1,bar=2', 'foo@bar@baz=1,bar=2'),
  ],
  '32 members are passed on, 33 are not': [
    keeps(members(1, 32), members(1, 10), members(11, 20), members(21, 30), members(31, 32)),
    drops(members(1, 10), members(11, 20), members(21, 30), members(31, 33)),
  ],
  'a key has up to 256 characters': [
    ...['z'.repeat(256), `${'t'.repeat(241)}@${'v'.repeat(14)}`, `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`].map(
      (key) => keeps(`foo=1,${key}=1`, 'foo=1', `${key}=1`),
    ),
    drops('foo=1', `${'z'.repeat(257)}=1`),
  ],
  'a value of other characters, or none, voids the tracestate': [drops('foo=bar=baz'), drops('foo=,bar=3')],
  'several calls carry the trace with a span each': [{ send: parent(VALID), trace: 'continued', ...three }],
  'several calls without a trace carry spans of their own': [{ send: [], trace: 'new', ...three }],
  'several calls after a void traceparent carry spans of their own': [
    { send: parent(VALID.replace(TRACE, '0'.repeat(32))), trace: 'new', ...three },
  ],
  'the random flag is passed on as it came, and set on own traces': [
    { send: parent(VALID.replace(/01$/, '02')), trace: 'continued', flags: /^0[23]$/ },
    { send: parent(VALID), trace: 'continued', flags: /^0[01]$/ },
    { send: [], trace: 'new', flags: /^0[23]$/ },
  ],
};

let calls: IncomingHttpHeaders[] = [];
let lines: string[][] = [];
let callee: Server;

beforeAll(async () => {
  callee = createServer((inbound, response) => {
    calls.push(inbound.headers);
    lines.push(inbound.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
    inbound.resume().on('end', () => response.end('null'));
  }).listen(0, '127.0.0.1');
  await once(callee, 'listening');
});
afterAll(async () => {
  callee.close();
  callee.closeAllConnections();
  await once(callee, 'close');
});
beforeEach(() => {
  calls = [];
  lines = [];
});

it('the cases are as many as the harness has', () => {
  expect(Object.keys(cases)).toHaveLength(41);
});

describe.each(Object.keys(FRAMEWORKS))('%s', (framework) => {
  describe.each(Object.keys(CLIENTS))('with %s', (client) => {
    let service: Awaited<ReturnType<typeof startService>>;
    beforeAll(async () => {
      service = await startService(framework, client, 0);
    });
    afterAll(() => service.close());

    it.each(Object.entries(cases))('%s', async (_, exchanges) => {
      for (const exchange of exchanges) {
        [calls, lines] = [[], []];
        await post(`${service.url}/test`, exchange.send, exchange.calls ?? 1);
        expectCalls(exchange);
      }
    });
  });
});

function expectCalls({ send, trace, calls: count = 1, flags = /^0[0-3]$/, ...rest }: Exchange): void {
  expect(calls).toHaveLength(count);
  const spanIds = calls.map((headers, index) => {
    expect(lines[index]?.filter((name) => name === 'traceparent')).toHaveLength(1);
    const [version, traceId, spanId, sent, ...more] = String(headers.traceparent).split('-');
    expect([version, more]).toEqual(['00', []]);
    expect(traceId).toMatch(/^(?!0+$)[\da-f]{32}$/);
    expect(spanId).toMatch(/^(?!0+$)[\da-f]{16}$/);
    expect(sent).toMatch(flags);
    if (trace === 'continued') expect(traceId).toBe(TRACE);
    else expect(send.map(([, value]) => value).join()).not.toContain(traceId);
    if ('state' in rest) expect(headers.tracestate).toBe(rest.state);
    return spanId;
  });
  expect(new Set([SPAN, ...spanIds]).size).toBe(count + 1);
}

/** Asks the service to make calls to the callee; header lines go out one by one, in their own case. */
async function post(url: string, headers: Lines, count: number): Promise<void> {
  const { port } = callee.address() as AddressInfo;
  const order = { url: `http://127.0.0.1:${port}/callback`, arguments: [] };
  const body = JSON.stringify(Array.from({ length: count }, () => order));
  const own = ['host', new URL(url).host, 'content-type', 'application/json', 'content-length', String(body.length)];
  const outgoing = request(url, { method: 'POST', headers: [...own, ...headers.flat()], agent: false });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  response.resume();
  await once(response, 'end');
  expect(response.statusCode).toBe(200);
}
