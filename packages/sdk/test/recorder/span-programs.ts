import {
  type Attributes,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type TimeInput,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import fc from 'fast-check';

// `__proto__` vanishes in the SDK's attribute objects; we keep it as the name that it is.
const name = fc
  .oneof(fc.string({ maxLength: 60 }), fc.constantFrom('a', 'b', 'http.route', 'c'))
  .filter((text) => text !== '__proto__');
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 50 }), { maxLength: 4 }),
  fc.array(fc.integer(), { maxLength: 4 }),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }), // not homogeneous: invalid
  fc.constantFrom(null, undefined, 2 ** 63, -(2 ** 63), -1, 0, Number.NaN, Number.POSITIVE_INFINITY),
);
const attributes = fc.dictionary(name, value, { maxKeys: 9, noNullPrototype: true });
// The SDK exports a null on an event or a link as an attribute without a value, and drops it on a span; we always drop it.
const valued = attributes.map((set) =>
  Object.fromEntries(Object.entries(set).filter(([, item]) => item !== null && item !== undefined)),
);
const seconds = fc.integer({ min: 1_600_000_000, max: 1_900_000_000 });
const time = fc.oneof(
  fc.tuple(seconds, fc.integer({ min: 0, max: 999_999_999 })),
  seconds.map((value) => value * 1000),
  seconds.map((value) => new Date(value * 1000 + 7)),
);
const linked = fc.record({
  traceId: fc.constant('0af7651916cd43dd8448eb211c80319c'),
  spanId: fc.constant('b7ad6b7169203331'),
  traceFlags: fc.constantFrom(0, 1),
  isRemote: fc.constantFrom(true, false),
});

type Step = (span: Span) => unknown;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, value).map(
    ([key, text]): Step =>
      (span) =>
        span.setAttribute(key, text as string),
  ),
  attributes.map(
    (set): Step =>
      (span) =>
        span.setAttributes(set as Attributes),
  ),
  fc.tuple(name, valued, time).map(
    ([event, set, at]): Step =>
      (span) =>
        span.addEvent(event, set as Attributes, at as never),
  ),
  fc.tuple(name, time).map(
    ([event, at]): Step =>
      (span) =>
        span.addEvent(event, at as never),
  ),
  fc.tuple(linked, valued).map(
    ([context, set]): Step =>
      (span) =>
        span.addLink({ context, attributes: set as Attributes }),
  ),
  fc
    .tuple(
      fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
      fc.option(fc.string(), { nil: undefined }),
    )
    .map(
      ([code, message]): Step =>
        (span) =>
          span.setStatus(message === undefined ? { code } : { code, message }),
    ),
  name.map(
    (text): Step =>
      (span) =>
        span.updateName(text),
  ),
  fc.tuple(fc.constantFrom('', 'E_CODE', 17), fc.string(), fc.string(), time).map(
    ([code, type, message, at]): Step =>
      (span) =>
        span.recordException({ code, name: type, message, stack: 'at x' } as Error, at as never),
  ),
  time.map(
    (at): Step =>
      (span) =>
        span.end(at as never),
  ),
);

/** What an application may do with a span, from its start to its end. */
export const program = fc.record({
  name,
  kind: fc.option(fc.constantFrom(...[0, 1, 2, 3, 4].map((kind) => kind as SpanKind)), { nil: undefined }),
  root: fc.boolean(),
  parent: fc.constantFrom('none', 'invalid', 'remote', 'local'),
  start: time,
  attributes,
  links: fc.array(fc.tuple(linked, valued), { maxLength: 4 }),
  steps: fc.array(step, { maxLength: 12 }),
  end: time,
});
export type Program = typeof program extends fc.Arbitrary<infer Value> ? Value : never;

/** Makes the spans of these programs, one after the other. */
export function runPrograms(tracer: Tracer, programs: Program[]): void {
  const remote = { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331', traceFlags: 1 };
  const parents = {
    none: ROOT_CONTEXT,
    invalid: trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceId: '0'.repeat(32) }),
    remote: trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true, traceState: createTraceState('a=1,b=2') }),
    local: trace.setSpanContext(ROOT_CONTEXT, remote),
  };
  for (const { name: spanName, kind, root, parent, start, attributes: set, links, steps, end } of programs) {
    const options = {
      ...(kind !== undefined && { kind }),
      root,
      startTime: start as TimeInput,
      attributes: set as Attributes,
      links: links.map(([context, linkSet]) => ({ context, attributes: linkSet as Attributes })),
    };
    const span = tracer.startSpan(spanName, options, parents[parent]);
    for (const act of steps) act(span);
    span.end(end as never);
  }
}
