import { buildTrace, groupByTrace, type Span, type Trace } from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { id, makeSpan, NOON, TRACE_ID } from './spans.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

const child = (number: number, parent: number, shape: Parameters<typeof makeSpan>[1] = {}): Span =>
  makeSpan(id(number), { parentSpanId: id(parent), ...shape });

/** The tree as indented ids, which a failing test shows well. */
const outline = (trace: Trace): string[] =>
  trace.spans.map(({ span, depth }) => `${'  '.repeat(depth)}${Number.parseInt(span.spanId, 16)}`);
const kinds = (trace: Trace): string[] => trace.warnings.map(({ kind }) => kind);

describe('A trace', () => {
  it('is the tree of its spans, siblings by start, with times since its own start', () => {
    const trace = buildTrace([
      child(3, 1, { start: 40, end: 90 }),
      child(2, 1, { start: 20, end: 30 }),
      child(4, 3, { start: 50, end: 60 }),
      makeSpan(id(1), { start: 10, end: 110 }),
    ]);
    expect(outline(trace)).toEqual(['1', '  2', '  3', '    4']);
    expect(trace).toMatchObject({ traceId: TRACE_ID, startUnixNano: NOON + 10n, duration: 100, warnings: [] });
    expect(trace.spans.map(({ start, end, index }) => [index, start, end])).toEqual([
      [0, 0, 100],
      [1, 10, 20],
      [2, 30, 80],
      [3, 40, 50],
    ]);
    expect(trace.byId.get(id(4))?.parent?.span.spanId).toBe(id(3));
  });

  it('is empty when there are no spans', () => {
    expect(buildTrace([])).toMatchObject({ traceId: '', duration: 0, roots: [], spans: [], warnings: [] });
  });

  it('has the spans of the most frequent trace id and tells of the others', () => {
    const trace = buildTrace([makeSpan(id(9), { traceId: 'f'.repeat(32) }), makeSpan(id(1)), child(2, 1)]);
    expect(outline(trace)).toEqual(['1', '  2']);
    expect(trace.warnings).toEqual([
      { kind: 'other-trace', spanId: id(9), message: `1 spans belong to trace ${'f'.repeat(32)} and were left out.` },
    ]);
  });

  it('shows a span whose parent is missing as a root, after the true root', () => {
    const trace = buildTrace([child(2, 7, { start: 0 }), makeSpan(id(1), { start: 5 }), child(3, 2)]);
    expect(outline(trace)).toEqual(['1', '2', '  3']);
    expect(trace.warnings).toMatchObject([{ kind: 'orphan', spanId: id(2) }]);
  });

  it('tells of several roots', () => {
    const trace = buildTrace([makeSpan(id(2), { start: 5 }), makeSpan(id(1))]);
    expect(outline(trace)).toEqual(['1', '2']);
    expect(trace.warnings).toMatchObject([{ kind: 'several-roots', spanId: id(1) }]);
  });

  it('cuts a cycle at its earliest span', () => {
    const spans = [child(1, 3, { start: 20 }), child(2, 1, { start: 10 }), child(3, 2, { start: 30 }), child(4, 3)];
    const trace = buildTrace(spans);
    expect(outline(trace)).toEqual(['2', '  3', '    4', '    1']);
    expect(trace.warnings).toMatchObject([{ kind: 'cycle', spanId: id(2) }]);
    expect(outline(buildTrace([child(5, 5)]))).toEqual(['5']);
  });

  it('keeps the longer record of a span that came twice', () => {
    const trace = buildTrace([makeSpan(id(1), { end: 300, name: 'whole' }), makeSpan(id(1), { name: 'early' })]);
    expect(trace.spans.map(({ span }) => span.name)).toEqual(['whole']);
    expect(trace.warnings).toMatchObject([{ kind: 'duplicate-span', spanId: id(1) }]);
  });

  it('puts the half of the callee under that of the caller when both share an id, children to their own service', () => {
    const trace = buildTrace([
      makeSpan(id(1), { service: 'web', kind: 'server' }),
      child(2, 1, { service: 'web', kind: 'client', name: 'caller' }),
      child(2, 1, { service: 'api', kind: 'server', name: 'callee', start: 5 }),
      child(3, 2, { service: 'api', start: 7 }),
      child(4, 2, { service: 'web', start: 8 }),
      child(5, 2, { service: 'elsewhere', start: 9 }),
    ]);
    expect(outline(trace)).toEqual(['1', '  2', '    2', '      3', '      5', '    4']);
    expect(trace.spans[1]?.span.name).toBe('caller');
    expect(trace.byId.get(id(2))?.span.name).toBe('caller');
    expect(trace.warnings).toEqual([]);
  });

  it('shows all spans that wrongly have one id', () => {
    const trace = buildTrace([makeSpan(id(1), { service: 'a' }), child(2, 1, { service: 'b' }), child(2, 1)]);
    expect(outline(trace)).toEqual(['1', '  2', '  2']);
    expect(kinds(trace)).toEqual(['duplicate-span']);
  });

  it('shows spans without an id', () => {
    const trace = buildTrace([makeSpan(id(1)), child(0, 1, { name: 'a' }), child(0, 1, { name: 'b' })]);
    expect(trace.spans.map(({ span }) => span.name)).toEqual(['GET /', 'a', 'b']);
    expect(kinds(trace)).toEqual(['missing-id', 'missing-id']);
  });

  it('shows a span that ends before it starts without duration', () => {
    const trace = buildTrace([makeSpan(id(1), { start: 100, end: 50 })]);
    expect(trace.spans[0]).toMatchObject({ start: 0, end: 0 });
    expect(trace.warnings).toMatchObject([{ kind: 'negative-duration', spanId: id(1) }]);
  });

  it.each([
    ['no start', { startUnixNano: 0n }, { start: 0, end: 100 }],
    ['no end', { start: 10, endUnixNano: 0n }, { start: 10, end: 10 }],
    ['no times', { startUnixNano: 0n, endUnixNano: 0n }, { start: 0, end: 0 }],
    ['an end in another century', { start: 10, endUnixNano: 2n ** 64n - 1n }, { start: 10, end: 10 }],
    ['a start in another century', { startUnixNano: 2n ** 64n - 1n }, { start: 0, end: 100 }],
  ])('keeps its scale when a span has %s', (_what, shape, times) => {
    const trace = buildTrace([makeSpan(id(1)), child(2, 1, { end: 80 }), child(3, 1, shape)]);
    expect(trace).toMatchObject({ startUnixNano: NOON, duration: 100 });
    expect(trace.byId.get(id(3))).toMatchObject(times);
    expect(kinds(trace)).toEqual(['absurd-duration']);
  });

  it('tells of spans that name no service', () => {
    const trace = buildTrace([makeSpan(id(1), { service: '' }), child(2, 1)]);
    expect(trace.warnings).toMatchObject([{ kind: 'missing-service', spanId: id(1) }]);
  });

  const shapes = fc.record({
    number: fc.nat(8),
    parent: fc.option(fc.nat(9), { nil: undefined }),
    kind: fc.constantFrom('internal' as const, 'client' as const, 'server' as const),
    service: fc.constantFrom('a', 'b', ''),
    start: fc.oneof(fc.nat(5), fc.constant(-Number(NOON))),
    length: fc.integer({ min: -2, max: 4 }),
    traceId: fc.constantFrom(TRACE_ID, TRACE_ID, 'f'.repeat(32)),
    name: fc.constantFrom('x', 'y'),
  });
  const anySpan = shapes.map(({ number, parent, length, ...shape }) =>
    makeSpan(id(number), {
      ...shape,
      end: shape.start + length,
      ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
    }),
  );

  it(`is the same for the same spans in any order, and holds them (FUZZ_SEED=${seed})`, () => {
    const lists = fc
      .array(anySpan, { maxLength: 12 })
      .chain((spans) => fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })));
    fc.assert(
      fc.property(lists, ([spans, shuffled]) => {
        const trace = buildTrace(spans);
        const flat = ({ roots, spans: all, byId, ...rest }: Trace) => ({
          ...rest,
          roots: roots.map(({ index }) => index),
          ids: [...byId].map(([key, { index }]) => `${key} ${index}`).sort(),
          spans: all.map(({ span, parent, children, ...place }) => ({
            ...place,
            span,
            parent: parent?.index,
            children: children.map(({ index }) => index),
          })),
        });
        expect(flat(buildTrace(shuffled))).toEqual(flat(trace));

        const reached = new Set(trace.spans);
        expect(reached.size).toBe(trace.spans.length);
        // One expectation for all spans: each costs more than what it looks at.
        const misplaced = trace.spans.filter(
          (span) =>
            !(span.parent?.children ?? trace.roots).includes(span) ||
            (span.parent?.index ?? -1) >= span.index ||
            span.end < span.start,
        );
        expect(misplaced).toEqual([]);
        const lost = spans.filter(({ spanId, traceId }) => traceId === trace.traceId && !trace.byId.has(spanId));
        expect(lost.map(({ spanId }) => spanId).filter((spanId) => spanId !== id(0))).toEqual([]);
      }),
      { seed, numRuns: 2000 },
    );
  });

  // Siblings, levels and cycles as large are in large-traces.test.ts, which goes on to analyse them.
  const HUGE = 100_000;
  it.each<[string, (index: number) => Span]>([
    ['orphans', (index) => child(index + 2, index + 10_000_000)],
    ['spans with one id in as many services', (index) => child(2, 1, { service: `s${index}` })],
    ['copies of one span', () => child(2, 1)],
    ['roots', (index) => makeSpan(id(index + 2))],
    ['traces', (index) => makeSpan(id(2), { traceId: `${index}` })],
  ])('of 100,000 %s takes seconds of processor time at most', (_shape, make) => {
    const spans = [makeSpan(id(1)), ...Array.from({ length: HUGE }, (_, index) => make(index))];
    const before = process.cpuUsage();
    buildTrace(spans);
    expect(process.cpuUsage(before).user).toBeLessThan(8_000_000);
  });
});

it('spans group by trace in the order they came', () => {
  const other = makeSpan(id(3), { traceId: '__proto__' });
  const groups = groupByTrace([makeSpan(id(2)), other, makeSpan(id(1))]);
  expect([...groups].map(([traceId, spans]) => [traceId, spans.map(({ spanId }) => spanId)])).toEqual([
    [TRACE_ID, [id(2), id(1)]],
    ['__proto__', [id(3)]],
  ]);
});
