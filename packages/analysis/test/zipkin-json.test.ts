import { buildTrace, decodeZipkinJson, encodeZipkinJson, type Span, TraceFormatError } from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpans, anyText, latest, seed, sorted, withoutPrototype } from './arbitrary-spans.ts';
import { id, makeSpan } from './spans.ts';

const CLIENT = {
  traceId: '4d1e00c0db9010db',
  id: '352bff9a74ca9ad2',
  parentId: '86154a4ba6e91385',
  kind: 'CLIENT',
  name: 'get /api',
  timestamp: 1556604172355737,
  duration: 1431,
  localEndpoint: { serviceName: 'frontend', ipv4: '192.168.99.1', port: 3306 },
  remoteEndpoint: { serviceName: 'backend', ipv6: '2001:db8::c001', port: 9000 },
  annotations: [
    { timestamp: 1556604172355800, value: 'foo' },
    { timestamp: 1556604172355900, value: '"retry": {"attempt":2}' },
  ],
  tags: { 'http.path': '/api', __proto__x: 'plain', error: 'refused' },
};

describe('Zipkin JSON', () => {
  it('is read as Zipkin writes it', () => {
    const [span] = decodeZipkinJson(JSON.stringify([CLIENT]).replace('__proto__x', '__proto__')) as [Span];
    expect(span).toEqual({
      traceId: '00000000000000004d1e00c0db9010db',
      spanId: '352bff9a74ca9ad2',
      parentSpanId: '86154a4ba6e91385',
      name: 'get /api',
      kind: 'client',
      startUnixNano: 1556604172355737000n,
      endUnixNano: 1556604172357168000n,
      status: 'error',
      statusMessage: 'refused',
      attributes: withoutPrototype<string | number>([
        ['http.path', '/api'],
        ['__proto__', 'plain'],
        ['peer.service', 'backend'],
        ['network.peer.address', '2001:db8::c001'],
        ['network.peer.port', 9000],
        ['network.local.address', '192.168.99.1'],
        ['network.local.port', 3306],
      ]),
      events: [
        { name: 'foo', timeUnixNano: 1556604172355800000n, attributes: {} },
        { name: 'retry', timeUnixNano: 1556604172355900000n, attributes: { attempt: 2 } },
      ],
      links: [],
      resource: { service: 'frontend', attributes: { 'service.name': 'frontend' } },
    });
  });

  it('is written as Zipkin writes it, with the status as OpenTelemetry adds it', () => {
    expect(JSON.parse(JSON.stringify(encodeZipkinJson(decodeZipkinJson([CLIENT]))))).toEqual([
      { ...CLIENT, tags: { 'http.path': '/api', __proto__x: 'plain', 'otel.status_code': 'ERROR', error: 'refused' } },
    ]);
  });

  it('has spans that client and server share, which become parent and child', () => {
    const { remoteEndpoint: _, parentId: __, ...rest } = CLIENT;
    const server = { ...rest, kind: 'SERVER', shared: true, localEndpoint: { serviceName: 'backend' } };
    const spans = decodeZipkinJson([[server, { ...rest, parentId: rest.id }]]);
    const trace = buildTrace(spans);
    expect(trace.spans.map(({ span, depth }) => [span.kind, span.resource.service, depth])).toEqual([
      ['client', 'frontend', 0],
      ['server', 'backend', 1],
    ]);
    expect(trace.warnings).toEqual([]);
    expect(encodeZipkinJson(spans).map(({ kind, shared }) => [kind, shared])).toEqual([
      ['SERVER', true],
      ['CLIENT', undefined],
    ]);
  });

  it('names the remote service by the best attribute there is, so that Zipkin draws the dependency', () => {
    const remote = (attributes: Span['attributes'], kind: Span['kind'] = 'client'): unknown =>
      encodeZipkinJson([makeSpan(id(1), { kind, attributes })])[0]?.remoteEndpoint;
    expect(remote({ 'server.address': 'db.internal', 'db.name': 'x' })).toEqual({ serviceName: 'db.internal' });
    expect(remote({ 'server.address': 'db.internal', 'peer.service': 'db' })).toEqual({ serviceName: 'db' });
    expect(remote({ 'network.peer.address': '10.0.0.1', 'network.peer.port': 80 })).toEqual({
      ipv4: '10.0.0.1',
      port: 80,
    });
    expect(remote({ 'server.address': 'me' }, 'server')).toBeUndefined();
  });

  it.each([
    ['{}', /a list of spans/],
    ['[5]', /Expected a span to be an object, got a number/],
    ['[{"tags": []}]', /Expected tags to be an object, got an array/],
  ])('is refused with what was expected when it is %s', (text, message) => {
    expect(() => decodeZipkinJson(text)).toThrow(TraceFormatError);
    expect(() => decodeZipkinJson(text)).toThrow(message);
  });

  it(`gives back what it can say of the spans it was written from (FUZZ_SEED=${seed})`, () => {
    const time = fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }).map((micros) => micros * 1000n);
    fc.assert(
      fc.property(anySpans({ time, value: anyText }), (spans) => {
        const sayable = spans.map((span): Span => {
          const { service, attributes } = span.resource;
          const { 'service.name': _, ...ofResource } = attributes;
          return {
            ...span,
            flags: undefined,
            endUnixNano: latest(span.startUnixNano, span.endUnixNano),
            // Attributes of the resource become those of the span.
            attributes: withoutPrototype([...Object.entries(ofResource), ...Object.entries(span.attributes)]),
            links: [],
            resource: { service, attributes: service === '' ? {} : { 'service.name': service } },
          };
        });
        expect(sorted(decodeZipkinJson(JSON.stringify(encodeZipkinJson(spans))))).toEqual(sorted(sayable));
      }),
      { seed, numRuns: 500 },
    );
  });
});
