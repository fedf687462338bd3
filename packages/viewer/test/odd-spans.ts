import type { Span } from '@throughline/analysis';
import fc from 'fast-check';
import type { SpanFilter } from '../src/query/filter.ts';

const oddText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.integer({ min: 0, max: 99_999 }).map((number) => `u${number}`),
  fc.constantFrom(
    'İstanbul',
    'Straße',
    'ΣΊΣΥΦΟΣ',
    '300K',
    '[1,2]',
    '["u1234"]',
    'a "b\\c" d',
    'x,y:z{}',
    '\ud800lone',
    '42',
  ),
);
const oddValue = fc.oneof(
  { weight: 4, arbitrary: oddText },
  fc.integer({ min: -5, max: 5000 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(oddText, fc.integer()), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 4 }), oddText, { maxKeys: 2, noNullPrototype: true }),
);
const oddKey = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('user.id', 'http.route', 'größe', 'a/b~c "d"', 'k') },
  fc.string({ minLength: 1, maxLength: 10 }).filter((key) => key !== '__proto__'),
);
/** What a span may be like that nobody thought of. */
export const oddSpan = fc.record({
  name: fc.oneof(fc.constantFrom('GET /', 'POST /checkout'), oddText),
  statusMessage: fc.option(oddText, { nil: undefined }),
  service: fc.constantFrom('shop', 'stock', 'Straße', 'mail'),
  attributes: fc.dictionary(oddKey, oddValue, { maxKeys: 4, noNullPrototype: true }),
});

/** What somebody could look for who has seen some spans: parts of their texts, their values, and what is nowhere. */
export function questionsAbout(spans: readonly Span[], next: () => number, count = 60): SpanFilter[] {
  const upTo = (limit: number) => Math.floor(next() * limit);
  return Array.from({ length: count }, (): SpanFilter => {
    const { name, attributes, traceId, spanId } = spans[upTo(spans.length)] as Span;
    const [key = 'none', value = name] = Object.entries(attributes)[0] ?? [];
    const whole = typeof value === 'object' ? JSON.stringify(value) : String(value);
    const item = Array.isArray(value) ? String(value[0]) : whole;
    const from = upTo(whole.length);
    const part = whole.slice(from, from + 2 + upTo(8)) || 'nowhere';
    const field = { of: 'attribute', scope: (['any', 'span', 'resource'] as const)[upTo(3)] ?? 'any', key } as const;
    const filters: SpanFilter[] = [
      { is: 'text', text: part },
      { is: 'text', text: next() < 0.5 ? part.toUpperCase() : `${part}nowhere` },
      { is: 'text', text: next() < 0.5 ? traceId : spanId },
      { is: 'compare', field, by: '=', value: item },
      { is: 'compare', field, by: next() < 0.5 ? '!=' : '>', value: typeof value === 'number' ? value : item },
      { is: 'compare', field: { of: 'name' }, by: '=', value: name },
      { is: 'present', field },
    ];
    const [first, second] = [filters[upTo(filters.length)], filters[upTo(filters.length)]] as [SpanFilter, SpanFilter];
    const form = next();
    if (form < 0.1) return { is: 'not', item: first };
    return form < 0.4 ? { is: form < 0.25 ? 'or' : 'and', items: [first, second] } : first;
  });
}

/** The same about what each span and trace has, and both together. */
export function plainQuestionsAbout(spans: readonly Span[], next: () => number, count = 60): SpanFilter[] {
  const one = <T>(of: readonly T[]) => of[Math.floor(next() * of.length)] as T;
  const single = (): SpanFilter => {
    const { name, resource, startUnixNano, endUnixNano } = one(spans);
    const [is, by] = ['compare', one(['=', '!='] as const)] as const;
    const about = Number(endUnixNano - startUnixNano) + one([0, 0, 0.5, 1, -1]);
    const order = one(['<', '<=', '>', '>='] as const);
    return one<SpanFilter>([
      { is, by, field: { of: one(['name', 'rootName'] as const) }, value: name },
      { is, by, field: { of: one(['service', 'rootService'] as const) }, value: resource.service },
      { is, by, field: { of: 'status' }, value: one(['unset', 'ok', 'error', 'failed', 2]) },
      { is, by, field: { of: 'kind' }, value: one(['internal', 'server', 'client', 'other']) },
      { is, by: order, field: { of: one(['duration', 'traceDuration'] as const) }, value: about },
      { is: 'present', field: { of: one(['name', 'rootName', 'traceDuration', 'statusMessage'] as const) } },
    ]);
  };
  return Array.from({ length: count }, (): SpanFilter => {
    const form = next();
    const items = [single(), single()];
    if (form < 0.2) return { is: 'not', item: form < 0.1 ? single() : { is: 'or', items } };
    return form < 0.6 ? { is: form < 0.3 ? 'or' : 'and', items } : single();
  });
}

/** Numbers from 0 to 1, evenly; a linear congruential generator. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
