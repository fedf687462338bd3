import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readArguments, UsageError } from '../examples/shop/src/demo/arguments.ts';
import { readLogLine } from '../examples/shop/src/demo/log-line.ts';
import { readOtlpJson } from '../examples/shop/src/demo/otlp-json.ts';
import { readCommands } from '../examples/shop/src/demo/resp.ts';

const IDS = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), request_id: 'req-1' };
const READ_IDS = { traceId: IDS.trace_id, spanId: IDS.span_id, requestId: IDS.request_id };

it('the demo runs until it is stopped, or for so many seconds', () => {
  expect(readArguments([])).toEqual({ seconds: undefined, help: false });
  expect(readArguments(['--seconds', '20'])).toEqual({ seconds: 20, help: false });
  expect(readArguments(['--', '--seconds=0.5'])).toEqual({ seconds: 0.5, help: false });
});

it.each([
  ['--seconds', 'abc'],
  ['--seconds', '0'],
  ['--seconds=-1'],
  ['--seconds', ''],
  ['--seconds=Infinity'],
  ['--second', '1'],
  ['20'],
])('the demo refuses the command line %s %s', (...given) => {
  expect(() => readArguments(given)).toThrow(UsageError);
});

it('the demo reads the lines of pino and of winston', () => {
  const pino = JSON.stringify({ level: 50, time: 1_700_000_000_123, msg: 'broken', ...IDS });
  expect(readLogLine('search', pino)).toEqual({
    service: 'search',
    timeMs: 1_700_000_000_123,
    level: 'error',
    message: 'broken',
    ...READ_IDS,
  });
  const winston = JSON.stringify({ level: 'warn', timestamp: '2026-11-21T08:00:00.500Z', message: 'odd', ...IDS });
  expect(readLogLine('payment', winston)).toEqual({
    service: 'payment',
    timeMs: Date.UTC(2026, 10, 21, 8, 0, 0, 500),
    level: 'warn',
    message: 'odd',
    ...READ_IDS,
  });
});

it.each(['not JSON', '"text"', 'null', '', '{"trace_id":7,"span_id":"","msg":"x"}'])('a line %j has no ids', (text) => {
  expect(readLogLine('search', text)).toMatchObject({ service: 'search', level: expect.any(String) });
  const { traceId, spanId, requestId } = readLogLine('search', text);
  expect([traceId, spanId, requestId]).toEqual([undefined, undefined, undefined]);
});

it('the demo reads spans from OTLP in JSON, to the microsecond', () => {
  const attributes = [
    { key: 'http.response.status_code', value: { intValue: '503' } },
    { key: 'throughline.request_id', value: { stringValue: 'req-1' } },
    { key: 'error.type', value: { stringValue: 'ECONNREFUSED' } },
  ];
  const span = {
    traceId: IDS.trace_id,
    spanId: IDS.span_id,
    parentSpanId: '',
    name: 'POST /payments',
    kind: 2,
    startTimeUnixNano: '1700000000000250000',
    endTimeUnixNano: '1700000000001750000',
    attributes,
    status: { code: 2 },
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'payment' } }] };
  const [read, ...others] = readOtlpJson(
    JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  );
  expect(others).toEqual([]);
  expect(read).toMatchObject({
    ...{ service: 'payment', kind: 'SERVER', name: 'POST /payments', parentSpanId: undefined },
    ...{ startMs: 1_700_000_000_000.25, durationMs: 1.5, status: '503', error: 'ECONNREFUSED', requestId: 'req-1' },
  });
});

it.each(['', '{', '[', 'null'])('the body %j is refused', (body) => {
  expect(() => readOtlpJson(body)).toThrow();
});

/** What the cache of the demo reads of these pieces. */
function readPieces(...pieces: (string | Buffer)[]): { commands: string[][]; problems: string[] } {
  const input = new PassThrough();
  const read = { commands: [] as string[][], problems: [] as string[] };
  readCommands(
    input,
    (command) => read.commands.push(command.map(String)),
    (problem) => read.problems.push(problem),
  );
  for (const piece of pieces) input.emit('data', Buffer.from(piece));
  return read;
}

it('the cache of the demo reads commands in whatever pieces they come', () => {
  const text = '*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n*0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\nü\r\n';
  const whole = readPieces(text);
  expect(whole).toEqual({ commands: [['GET', '\r\n'], [], ['SET', 'a', 'ü']], problems: [] });
  const bytes = Buffer.from(text);
  expect(readPieces(...Array.from(bytes, (_byte, n) => bytes.subarray(n, n + 1)))).toEqual(whole);
});

it.each([
  'GET / HTTP/1.1\r\n',
  '*-1\r\n',
  '*2000\r\n',
  '*\r\n',
  '*1\r\n$9999999\r\n',
  '*1\r\n:1\r\n',
  '*'.padEnd(100, '1'),
])('the cache of the demo reads nothing after %j', (text) => {
  const { commands, problems } = readPieces(text, '*1\r\n$4\r\nPING\r\n');
  expect(commands).toEqual([]);
  expect(problems).toHaveLength(1);
});
