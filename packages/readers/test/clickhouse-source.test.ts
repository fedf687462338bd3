import { randomBytes } from 'node:crypto';
import type { Span } from '@throughline/analysis';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { openTraces, spansSource, type TraceQuery, type TraceSource } from '../src/index.ts';
import { LAYOUTS } from './clickhouse-tables.ts';
import { id, makeSpan, NEW_YEAR, shopSpans, TRACE_ID } from './spans.ts';

const HOSTILE = `it's \\ "{key0:String}"\t\n\`; DROP TABLE x --`;
const rich = makeSpan(5, {
  parentSpanId: id(3),
  service: 'payment',
  name: HOSTILE,
  kind: 'client',
  start: 20,
  end: 30,
  attributes: {
    'db.system.name': 'postgresql',
    'shop.note': HOSTILE,
    'shop.total': 12.5,
    'shop.paid': true,
    'shop.tags': ['a', 'b'],
  },
  events: [
    { name: 'retry', timeUnixNano: BigInt(NEW_YEAR + 22) * 1_000_000n + 123n, attributes: { attempt: 2, why: 'busy' } },
  ],
  links: [{ traceId: '1'.padStart(32, '0'), spanId: id(9), traceState: undefined, attributes: { reason: 'batch' } }],
  scope: { name: 'pg', version: '8.1' },
  statusMessage: 'fine',
});
const spans: readonly Span[] = [...shopSpans, rich];
const own = spansSource(spans);
const window = { fromMs: NEW_YEAR, toMs: NEW_YEAR + 7_200_000 };

describeWithService('clickhouse', 'ClickHouse', (url) => {
  const send = async (sql: string) => {
    const answer = await fetch(url, { method: 'POST', body: sql });
    expect(answer.status, await answer.text()).toBe(200);
  };

  describe.each(LAYOUTS)('with the tables of $title', ({ title, table, create, row }) => {
    const database = `readers_${randomBytes(6).toString('hex')}`;
    let source: TraceSource;

    beforeAll(async () => {
      await send(`CREATE DATABASE ${database}`);
      for (const sql of create(database)) await send(sql);
      const rows = spans.map((span) => JSON.stringify(row(span))).join('\n');
      await send(`INSERT INTO ${database}.${table} FORMAT JSONEachRow\n${rows}`);
      source = await openTraces(`clickhouse+${url}/${database}`);
      return () => send(`DROP DATABASE ${database}`);
    });

    it.each<[string, TraceQuery]>([
      ['everything', {}],
      ['a service', { service: 'payment' }],
      ['an operation', { service: 'web', operation: 'GET /cart' }],
      ['an operation that would end a text', { operation: HOSTILE }],
      ['errors', { error: true }],
      ['no errors of a service', { service: 'payment', error: false }],
      ['a kind', { service: 'web', kind: 'client' }],
      ['a duration', { service: 'web', minDurationMs: 99.5, maxDurationMs: 100 }],
      ['a number as text', { attributes: { 'http.response.status_code': '503' } }],
      ['a resource', { attributes: { 'service.name': 'payment' } }],
      [
        'several attributes',
        { attributes: { 'db.system.name': 'postgresql', 'shop.note': HOSTILE, 'shop.paid': 'true' } },
      ],
      ['an attribute with another value', { attributes: { 'shop.note': 'x' } }],
      ['an attribute that is not there', { attributes: { [HOSTILE]: '' } }],
      ['a time', { fromMs: NEW_YEAR + 3_599_000, toMs: NEW_YEAR + 3_601_000 }],
      ['a limit', { limit: 1 }],
    ])('finds %s as a source of the same spans does', async (_, query) => {
      expect(await source.findTraces({ ...window, ...query })).toEqual(await own.findTraces({ ...window, ...query }));
    });

    it('gives the spans of a trace', async () => {
      const found = (await source.getTrace(TRACE_ID)) ?? [];
      const expected = (await own.getTrace(TRACE_ID)) ?? [];
      const byId = (all: readonly Span[]) => all.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
      const essence = ({ attributes: _, events: __, resource, scope, ...span }: Span) => ({
        ...span,
        service: resource.service,
        scope: scope?.name ? scope : undefined,
      });
      expect(byId(found).map(essence)).toEqual(byId(expected).map(essence));
      // Map has texts only.
      const typed = !title.includes('Map');
      expect(byId(found)[3]?.attributes).toEqual({
        'db.system.name': 'postgresql',
        'shop.note': HOSTILE,
        'shop.total': typed ? 12.5 : '12.5',
        'shop.paid': typed ? true : 'true',
        'shop.tags': typed ? ['a', 'b'] : '["a","b"]',
      });
      expect(byId(found)[3]?.events).toEqual([
        { ...rich.events[0], attributes: { attempt: typed ? 2 : '2', why: 'busy' } },
      ]);
      expect(byId(found)[3]?.resource.attributes).toEqual({ 'service.name': 'payment' });
      expect(await source.getTrace('abc')).toBeUndefined();
    });

    it('tells services, operations and who called whom', async () => {
      expect(await source.services()).toEqual(await own.services());
      expect(await source.operations('web')).toEqual(await own.operations('web'));
      const { nodes, edges } = await source.dependencies(window);
      expect(nodes.map(({ name, kind }) => [name, kind])).toEqual([
        ['payment', 'service'],
        ['postgresql', 'database'],
        ['web', 'service'],
      ]);
      expect(edges).toEqual([
        {
          from: { name: 'web', kind: 'service' },
          to: { name: 'payment', kind: 'service' },
          calls: 1,
          errors: 1,
          errorRate: 1,
          p50: 76e6,
          p95: 76e6,
          p99: 76e6,
        },
        {
          from: { name: 'payment', kind: 'service' },
          to: { name: 'postgresql', kind: 'database' },
          calls: 1,
          errors: 0,
          errorRate: 0,
          p50: 10e6,
          p95: 10e6,
          p99: 10e6,
        },
      ]);
    });

    it('reads a table by its name, and says so where there is none', async () => {
      const named = await openTraces(`clickhouse+${url}/${database}?table=${table}`);
      expect(await named.services()).toEqual(['payment', 'web']);
      const missing = await openTraces(`clickhouse+${url}/${database}?table=nothing`);
      await expect(missing.services()).rejects.toThrow(
        `there is no table of spans "nothing" in database "${database}". Name them in the address:`,
      );
    });
  });
});
