import { decodeJaegerJson, encodeJaegerJson, type Span, TraceFormatError } from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpans, anyText, latest, seed, sorted } from './arbitrary-spans.ts';
import { id, makeSpan, TRACE_ID } from './spans.ts';

describe('Jaeger JSON', () => {
  it('is read as Jaeger answers it', () => {
    const tag = (key: string, type: string, value: unknown): object => ({ key, type, value });
    const reference = (refType: string, traceID: string, spanID: string): object => ({ refType, traceID, spanID });
    const json = {
      data: [
        {
          traceID: 'abc1',
          spans: [
            {
              traceID: 'abc1',
              spanID: '2',
              flags: 3,
              operationName: 'GET /users',
              references: [
                reference('CHILD_OF', 'ff', 'ff'),
                reference('FOLLOWS_FROM', 'abc1', '9'),
                reference('CHILD_OF', '0abc1', '1'),
              ],
              startTime: 1485467191639875,
              duration: 5,
              tags: [
                tag('span.kind', 'string', 'client'),
                tag('error', 'bool', true),
                tag('otel.status_description', 'string', 'refused'),
                tag('otel.library.name', 'string', 'http'),
                tag('w3c.tracestate', 'string', 'a=1'),
                tag('limit', 'int64', '9223372036854775222'),
                tag('port', 'int64', '443'),
                tag('temperature', 'float64', 72.5),
                tag('blob', 'binary', 'AAAwOQ=='),
                tag('yes', 'bool', 'true'),
                tag('__proto__', 'string', 'plain'),
                { key: 'untyped', value: 1 },
              ],
              logs: [
                { timestamp: 1485467191639876, fields: [tag('event', 'string', 'retry'), tag('attempt', 'int64', 2)] },
              ],
              processID: 'p1',
              warnings: null,
            },
          ],
          processes: { p1: { serviceName: 'web', tags: [tag('hostname', 'string', 'a')] } },
          warnings: null,
        },
      ],
      total: 0,
      limit: 0,
      offset: 0,
      errors: null,
    };
    const [span] = decodeJaegerJson(JSON.stringify(json)) as [Span];
    expect(span).toMatchObject({
      traceId: 'abc1'.padStart(32, '0'),
      spanId: id(2),
      parentSpanId: id(1),
      traceState: 'a=1',
      flags: 1,
      name: 'GET /users',
      kind: 'client',
      startUnixNano: 1485467191639875000n,
      endUnixNano: 1485467191639880000n,
      status: 'error',
      statusMessage: 'refused',
      events: [{ name: 'retry', timeUnixNano: 1485467191639876000n, attributes: { attempt: 2 } }],
      links: [
        { traceId: 'ff'.padStart(32, '0'), spanId: id(255), attributes: { 'opentracing.ref_type': 'child_of' } },
        { traceId: 'abc1'.padStart(32, '0'), spanId: id(9), attributes: {} },
      ],
      resource: { service: 'web', attributes: { 'service.name': 'web', hostname: 'a' } },
      scope: { name: 'http' },
    });
    expect(Object.entries(span.attributes)).toEqual([
      ['limit', '9223372036854775222'],
      ['port', 443],
      ['temperature', 72.5],
      ['blob', 'AAAwOQ=='],
      ['yes', true],
      ['__proto__', 'plain'],
      ['untyped', 1],
    ]);
  });

  it('is one trace, a list of traces or a whole answer, whose spans share their process', () => {
    const answer = encodeJaegerJson([makeSpan(id(1)), makeSpan(id(2)), makeSpan(id(3), { traceId: 'a'.repeat(32) })]);
    for (const json of [answer, answer.data]) {
      const spans = decodeJaegerJson(json);
      expect(spans.map(({ spanId }) => spanId)).toEqual([id(1), id(2), id(3)]);
      expect(new Set(spans.map(({ resource }) => resource)).size).toBe(1);
    }
    expect(decodeJaegerJson(answer.data[1])).toHaveLength(1);
  });

  it('has a parent also by FOLLOWS_FROM alone, by the old parentSpanID, and by a process of its own', () => {
    const reference = { refType: 'FOLLOWS_FROM', traceID: TRACE_ID, spanID: '7' };
    const spans = [
      { traceID: TRACE_ID, spanID: '1', references: [reference], processID: 'constructor' },
      { traceID: TRACE_ID, spanID: '2', parentSpanID: '8', process: { serviceName: 'embedded' } },
    ];
    expect(decodeJaegerJson({ traceID: TRACE_ID, spans })).toMatchObject([
      { parentSpanId: id(7), resource: { service: '' } },
      { parentSpanId: id(8), resource: { service: 'embedded' } },
    ]);
  });

  it('is written as Jaeger writes it', () => {
    const span = makeSpan(id(2), {
      parentSpanId: id(1),
      kind: 'server',
      status: 'error',
      statusMessage: 'broken',
      scope: { name: 'http', version: '1' },
      attributes: { list: [1, 'a'], ratio: 0.5, none: null },
      links: [{ traceId: 'b'.repeat(32), spanId: id(5), attributes: {} }],
    });
    expect(JSON.parse(JSON.stringify(encodeJaegerJson([span])))).toEqual({
      data: [
        {
          traceID: TRACE_ID,
          spans: [
            {
              traceID: TRACE_ID,
              spanID: id(2),
              operationName: 'GET /',
              references: [
                { refType: 'CHILD_OF', traceID: TRACE_ID, spanID: id(1) },
                { refType: 'FOLLOWS_FROM', traceID: 'b'.repeat(32), spanID: id(5) },
              ],
              startTime: 1767225600000000,
              duration: 0,
              tags: [
                { key: 'list', type: 'string', value: '[1,"a"]' },
                { key: 'ratio', type: 'float64', value: 0.5 },
                { key: 'none', type: 'string', value: '' },
                { key: 'otel.scope.name', type: 'string', value: 'http' },
                { key: 'otel.scope.version', type: 'string', value: '1' },
                { key: 'otel.status_code', type: 'string', value: 'ERROR' },
                { key: 'span.kind', type: 'string', value: 'server' },
                { key: 'error', type: 'bool', value: true },
                { key: 'otel.status_description', type: 'string', value: 'broken' },
              ],
              logs: [],
              processID: 'p1',
              warnings: null,
            },
          ],
          processes: { p1: { serviceName: 'shop', tags: [] } },
          warnings: null,
        },
      ],
      total: 0,
      limit: 0,
      offset: 0,
      errors: null,
    });
  });

  it.each([
    ['{}', /an object with "data"/],
    ['{"data": null, "errors": [{"code": 404, "msg": "trace not found"}]}', /Jaeger answered: trace not found/],
    ['{"data": [5]}', /Expected a trace to be an object, got a number/],
    ['{"data": [{"spans": {}}]}', /Expected spans to be an array/],
  ])('is refused with what was expected when it is %s', (text, message) => {
    expect(() => decodeJaegerJson(text)).toThrow(TraceFormatError);
    expect(() => decodeJaegerJson(text)).toThrow(message);
  });

  it(`gives back what it can say of the spans it was written from (FUZZ_SEED=${seed})`, () => {
    const time = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }).map((micros) => micros * 1000n);
    const value = fc.oneof(
      anyText,
      fc.integer(),
      fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(anySpans({ time, value }), (spans) => {
        const sayable = spans.map(
          (span): Span => ({
            ...span,
            flags: span.flags === undefined ? undefined : span.flags & 1 || undefined,
            endUnixNano: latest(span.startUnixNano, span.endUnixNano),
            links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId, attributes: {} })),
          }),
        );
        expect(sorted(decodeJaegerJson(JSON.stringify(encodeJaegerJson(spans))))).toEqual(sorted(sayable));
      }),
      { seed, numRuns: 500 },
    );
  });
});
