import { buildTrace, type Span } from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packTrace, unpackTrace } from '../src/api/packed-trace.ts';
import { traceColumns } from '../src/api/trace-columns.ts';
import type { TraceColumns } from '../src/api/trace-messages.ts';
import { oddSpan, randomFrom } from './odd-spans.ts';
import { ORIGIN, resourceNamed, span } from './spans.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';

function sentAndRead(columns: TraceColumns): TraceColumns {
  const { buffer } = packTrace(columns).slice();
  return unpackTrace(buffer as ArrayBuffer);
}

/** The same with ids as a list, for which columns can be compared. */
function plain({ spanIds, ...rest }: TraceColumns) {
  return { ...rest, spanIds: Array.from({ length: spanIds.length }, (_, index) => spanIds.at(index)) };
}

describe('a packed trace', () => {
  it('is read as what it was, whatever its spans are', () => {
    const id = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0')),
      },
      fc.constantFrom('', '0000000000000000', 'ffffffffffffffff', 'ABCDEF0123456789', 'not-an-id', '<b>', '12'),
    );
    const time = fc.oneof(
      { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 40n }).map((offset) => ORIGIN + offset) },
      fc.constantFrom(0n, 1n, ORIGIN + 2n ** 51n, 2n ** 64n - 1n),
    );
    const spans = fc.array(
      fc.record({
        odd: oddSpan,
        spanId: id,
        parent: fc.nat(),
        start: time,
        end: time,
        kind: fc.constantFrom<Span['kind']>('internal', 'server', 'client', 'producer', 'consumer'),
        status: fc.constantFrom<Span['status']>('unset', 'ok', 'error'),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(spans, fc.nat(5000), (drafts, logCount) => {
        const made = drafts.map(({ odd, spanId, parent, start, end, kind, status }, index) =>
          span({
            ...odd,
            traceId,
            spanId,
            ...(parent % 4 > 0 && { parentSpanId: drafts[parent % (index + 1)]?.spanId }),
            startUnixNano: start,
            endUnixNano: end,
            kind,
            status,
            resource: resourceNamed(odd.service),
          } as Partial<Span>),
        );
        const columns = traceColumns(buildTrace(made), 3, logCount);
        const read = sentAndRead(columns);
        expect(plain(read)).toEqual(plain(columns));
        for (let index = 0; index < read.spanIds.length; index++) {
          const own = read.spanIds.at(index) ?? '';
          const first = read.spanIds.indexOf(own) ?? -1;
          expect([read.spanIds.at(first), first <= index]).toEqual([own, true]);
        }
        expect(read.spanIds.indexOf('nowhere')).toBe(undefined);
      }),
    );
  });

  it('takes some 20 bytes a span, less than half of its JSON', () => {
    const count = 20_000;
    const random = randomFrom(7);
    const id = () =>
      Array.from({ length: 4 }, () =>
        Math.floor(random() * 65_536)
          .toString(16)
          .padStart(4, '0'),
      ).join('');
    const ids = Array.from({ length: count }, id);
    const spans = ids.map((spanId, index) =>
      span({
        traceId,
        spanId,
        ...(index > 0 && { parentSpanId: ids[Math.floor(index - 1 - random() * Math.min(index, 30))] ?? '' }),
        name: `GET /${index % 50}`,
        service: `service ${index % 8}`,
        startMs: index + random(),
        durationMs: random() * 100,
      }),
    );
    const columns = traceColumns(buildTrace(spans), 1, 0);
    const asJson = JSON.stringify(plain(columns), (_, value) =>
      ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value,
    );
    const { length } = packTrace(columns);
    expect(length).toBeLessThan(28 * count);
    expect(length).toBeLessThan(asJson.length / 2);
  });
});
