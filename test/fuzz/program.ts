import fc from 'fast-check';

/** What clients do at the same time, each on a connection of its own. */
export type Program = readonly Connection[];

export type Connection = {
  readonly requests: readonly Planned[];
  /** Whether all requests are written at once, or each after the answer to the one before. */
  readonly pipelined: boolean;
  readonly conduct: Conduct;
};

/** `leaves`: after so many bytes of what is answered; `half-closes`: ends its side as soon as it has asked. */
export type Conduct =
  | { readonly kind: 'reads' | 'reads slowly' | 'half-closes' | 'breaks off its body' }
  | { readonly kind: 'leaves'; readonly afterBytes: number };

export type Planned = {
  readonly method: (typeof METHODS)[number];
  readonly target: string;
  readonly trace: PlannedTrace;
  /** Further headers, as they go over the wire. */
  readonly headers: readonly string[];
  readonly body: PlannedBody | undefined;
  /** What the handler does, if a route is found. */
  readonly steps: readonly Step[];
  /** Whether the handler goes on where a step throws that cannot be done any more, such as a header after the first byte. */
  readonly tolerant: boolean;
};

/** `from`: the span that sent the request, if that is what the header says by the recommendation of W3C. */
export type PlannedTrace = {
  readonly lines: readonly string[];
  readonly from: { readonly traceId: string; readonly spanId: string } | undefined;
};

export type PlannedBody = { readonly type: string; readonly text: string; readonly chunked: boolean };

/** One thing that handlers do. */
export type Step =
  | { readonly does: 'wait'; readonly milliseconds: number }
  | { readonly does: 'work in a span' | 'read the body' | 'flush the headers' | 'give hints' | 'destroy' }
  | { readonly does: 'wait until it is closed' | 'work on when all is over' }
  | { readonly does: 'set a header'; readonly name: string; readonly value: string }
  | { readonly does: 'write the head' | 'answer'; readonly status: number; readonly bytes: number }
  | { readonly does: 'write' | 'end'; readonly bytes: number }
  | { readonly does: 'throw'; readonly what: 'an error' | 'a 404' | 'a 503' | 'a string' | 'null' };

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((digits) => !/^0*$/.test(digits));

const told = fc
  .tuple(hex(32), hex(16), fc.constantFrom('traceparent', 'Traceparent', 'TRACEPARENT'), fc.constantFrom('01', '03'))
  .map(([traceId, spanId, name, flags]) => ({
    lines: [`${name}: 00-${traceId}-${spanId}-${flags}`],
    from: { traceId, spanId },
  }));
// None of these is a trace context: https://www.w3.org/TR/trace-context/#traceparent-header-field-values
const hostile = fc
  .tuple(
    hex(32),
    hex(16),
    fc.constantFrom<(traceId: string, spanId: string) => string[]>(
      (_traceId, spanId) => [`traceparent: 00-${'0'.repeat(32)}-${spanId}-01`],
      (traceId) => [`traceparent: 00-${traceId}-${'0'.repeat(16)}-01`],
      (traceId, spanId) => [`traceparent: ff-${traceId}-${spanId}-01`],
      (traceId, spanId) => [`traceparent: 00-${traceId}-${spanId}`],
      (traceId, spanId) => [`traceparent: 00-${traceId.slice(1)}-${spanId}-01`],
      (traceId, spanId) => [`traceparent: 00-${traceId}-${spanId}-01-more`],
      (traceId, spanId) => [`traceparent: 00-${traceId}-${spanId.slice(1)}g-01`],
      (traceId, spanId) => [`traceparent: 00-${traceId}-${spanId}-01`, `traceparent: 00-${traceId}-${spanId}-01`],
      () => ['traceparent:'],
      () => [`traceparent: ${'0'.repeat(3000)}`],
      () => ['traceparent: \xe9\xff'],
    ),
  )
  .map(([traceId, spanId, lines]) => ({ lines: lines(traceId, spanId), from: undefined }));
const traced = fc.oneof(told, hostile, fc.constant({ lines: [], from: undefined }));

const segment = fc.oneof(
  fc.constantFrom('1', 'a-b', '%41', 'a%2Fb', '__proto__', ':id', '*', 'x'.repeat(300), '%e9', '.', '..%2f'),
  hex(6),
);
const target = fc
  .tuple(
    fc.constantFrom('/work/', '/work/', '/work/', '/api/things/', '/none/', '/', '//work/', '/work/%zz'),
    segment,
    fc.constantFrom('', '', '?', '?id=7&token=s3cr3t', '?a[b]=c&__proto__=d'),
  )
  .map((parts) => parts.join(''));
const headers = fc.subarray(
  [
    'baggage: tier=gold,user=%C3%A9',
    `baggage: ${'a=b,'.repeat(500)}`,
    'baggage: =;,;=\x7f'.slice(0, -1),
    'tracestate: ot=th:8,vendor=a',
    'tracestate: ,,=,',
    'x-request-id: order-4711',
    'x-request-id: <script>',
    `x-request-id: ${'i'.repeat(4000)}`,
    'x-correlation-id: a, b',
    'forwarded: for="[::1]:80";host=x;proto=https',
    'x-forwarded-for: 203.0.113.9, unknown',
    'user-agent: \xe9',
    'cookie: a=b',
    'expect: 100-continue',
  ],
  { maxLength: 4 },
);
const body = fc.record({
  type: fc.constantFrom('application/json', 'application/octet-stream', 'text/plain'),
  text: fc.constantFrom('{"a":1}', '{"a":', '', 'x'.repeat(20_000)),
  chunked: fc.boolean(),
});

const bytes = fc.constantFrom(0, 1, 10, 3000, 40_000);
const status = fc.constantFrom(200, 201, 204, 304, 400, 404, 418, 500, 503);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('wait' as const), milliseconds: fc.constantFrom(0, 0, 1, 3) }),
  fc.record({
    does: fc.constantFrom('work in a span', 'read the body', 'flush the headers', 'give hints', 'destroy'),
  }),
  fc.record({ does: fc.constantFrom('wait until it is closed', 'work on when all is over') }),
  fc.record({
    does: fc.constant('set a header' as const),
    name: fc.constantFrom('x-own', 'content-type', 'server-timing', 'x-request-id', 'not a name'),
    value: fc.constantFrom('own', 'text/html', 'db;dur=5', 'line\nbreak'),
  }),
  fc.record({ does: fc.constant('write the head' as const), status, bytes: fc.constant(0) }),
  fc.record({ does: fc.constant('answer' as const), status, bytes }),
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('write', 'write', 'end'), bytes }) },
  fc.record({
    does: fc.constant('throw' as const),
    what: fc.constantFrom('an error', 'a 404', 'a 503', 'a string', 'null'),
  }),
);

const ending: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('end' as const), bytes }).map((end) => [end]) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('answer' as const), status, bytes }).map((end) => [end]) },
  fc.constant([]),
);
const planned: fc.Arbitrary<Planned> = fc.record({
  method: fc.constantFrom('GET', 'GET', ...METHODS),
  target,
  trace: traced,
  headers,
  body: fc.option(body, { nil: undefined, freq: 2 }),
  steps: fc.tuple(fc.array(step, { maxLength: 6 }), ending).map(([steps, end]) => [...steps, ...end]),
  tolerant: fc.boolean(),
});
const conduct: fc.Arbitrary<Conduct> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Conduct>({ kind: 'reads' }) },
  fc.constantFrom<Conduct>({ kind: 'reads slowly' }, { kind: 'half-closes' }, { kind: 'breaks off its body' }),
  fc.record({ kind: fc.constant('leaves' as const), afterBytes: fc.constantFrom(0, 1, 100, 500, 5000, 30_000) }),
);

/** Programs of requests as no test author would think of them. */
export const programs: fc.Arbitrary<Program> = fc.array(
  fc.record({ requests: fc.array(planned, { minLength: 1, maxLength: 4 }), pipelined: fc.boolean(), conduct }),
  { minLength: 1, maxLength: 3 },
);
