import { describe, expect, it } from 'vitest';
import { spansSource, type TraceQuery } from '../src/index.ts';
import { makeSpan, NEW_YEAR, OTHER_TRACE_ID, shopSpans, TRACE_ID } from './spans.ts';

const source = spansSource(shopSpans, 'the shop');
const found = async (query: TraceQuery) => (await source.findTraces(query)).map(({ traceId }) => traceId);

describe('A source of spans at hand', () => {
  it('lists traces, the latest first, with what a list shows', async () => {
    expect(await source.findTraces({})).toEqual([
      {
        traceId: OTHER_TRACE_ID,
        rootService: 'web',
        rootName: 'GET /cart',
        startUnixNano: BigInt(NEW_YEAR + 3_600_000) * 1_000_000n,
        duration: 5e6,
        spanCount: 1,
        errorCount: 0,
        services: [{ name: 'web', spanCount: 1 }],
      },
      {
        traceId: TRACE_ID,
        rootService: 'web',
        rootName: 'POST /checkout',
        startUnixNano: BigInt(NEW_YEAR) * 1_000_000n,
        duration: 100e6,
        spanCount: 3,
        errorCount: 2,
        services: [
          { name: 'payment', spanCount: 1 },
          { name: 'web', spanCount: 2 },
        ],
      },
    ]);
    expect(await found({ limit: 1 })).toEqual([OTHER_TRACE_ID]);
  });

  it.each<[string, TraceQuery, string[]]>([
    ['service', { service: 'payment' }, [TRACE_ID]],
    ['operation', { operation: 'GET /cart' }, [OTHER_TRACE_ID]],
    ['kind', { kind: 'client' }, [TRACE_ID]],
    ['error', { error: true }, [TRACE_ID]],
    ['no error', { error: false }, [OTHER_TRACE_ID, TRACE_ID]],
    ['no error of a service', { service: 'payment', error: false }, []],
    ['least duration', { minDurationMs: 100 }, [TRACE_ID]],
    ['greatest duration', { kind: 'server', maxDurationMs: 5 }, [OTHER_TRACE_ID]],
    ['number as text', { attributes: { 'http.response.status_code': '503' } }, [TRACE_ID]],
    ['list as text', { attributes: { 'shop.tags': '["a","b"]' } }, [TRACE_ID]],
    ['attribute of the resource', { attributes: { 'service.name': 'payment' } }, [TRACE_ID]],
    ['attribute that is inherited by all objects', { attributes: { constructor: 'x' } }, []],
    ['from', { fromMs: NEW_YEAR + 1000 }, [OTHER_TRACE_ID]],
    ['to', { toMs: NEW_YEAR }, [TRACE_ID]],
    ['the same span', { service: 'web', operation: 'POST /pay' }, []],
  ])('finds by %s', async (_, query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('gives the spans of a trace by its id, also without leading zeros and in capitals', async () => {
    expect(await source.getTrace(TRACE_ID)).toHaveLength(3);
    expect(await source.getTrace('C80319C0AF765191')).toEqual([shopSpans[3]]);
    expect(await source.getTrace('1')).toBeUndefined();
    await expect(source.getTrace('../etc')).rejects.toThrow(
      '[readers] Expected a trace id of up to 32 hexadecimal digits, got "../etc".',
    );
  });

  it('tells services, operations and who called whom', async () => {
    expect(await source.services()).toEqual(['payment', 'web']);
    expect(await source.operations('web')).toEqual([
      { name: 'GET /cart', kind: 'server' },
      { name: 'POST', kind: 'client' },
      { name: 'POST /checkout', kind: 'server' },
    ]);
    expect(await source.operations('nobody')).toEqual([]);
    const { edges } = await source.dependencies({});
    expect(edges).toMatchObject([{ from: { name: 'web' }, to: { name: 'payment' }, calls: 1, errors: 1 }]);
    expect((await source.dependencies({ fromMs: NEW_YEAR + 1000 })).edges).toEqual([]);
  });

  it('rejects with the reason of a signal', async () => {
    const reason = new Error('enough');
    await expect(source.findTraces({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('reads names that objects inherit as plain data', async () => {
    const hostile = spansSource([makeSpan(1, { service: '__proto__', name: 'constructor' })]);
    expect(await hostile.services()).toEqual(['__proto__']);
    expect(await hostile.operations('__proto__')).toEqual([{ name: 'constructor', kind: 'internal' }]);
  });
});
