import fc from 'fast-check';
import type { Row } from './forest.ts';

/** Differs in every run; `SEED=… npx vitest run …` repeats one. */
export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`property tests of analysis with SEED=${seed}`);

const services = fc.constantFrom('web', 'shop', 'stock', 'mail');
const kinds = fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer' as const);
const time = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.double({ min: 0, max: 5, noNaN: true }));

/** Spans in any relation: orphans, cycles, several roots, the same span twice, ends before starts, outside their parents. */
export const randomRows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      parent: fc.option(fc.nat(30)),
      start: time,
      length: time,
      kind: kinds,
      service: services,
      again: fc.nat(40),
    }),
    {
      maxLength: 30,
    },
  )
  .map((records) =>
    records.map(({ parent, start, length, kind, service, again }, index) => ({
      id: `s${again === 0 ? 0 : index}`,
      ...(parent === null ? {} : { parent: `s${parent}` }),
      start,
      end: start + (again === 1 ? -length : length),
      name: `operation ${index % 5}`,
      service,
      host: `${service}-host`,
      kind,
    })),
  );

/** The same rows in another order. */
export function shuffled<T>(rows: readonly T[], order: number): T[] {
  const result = [...rows];
  let state = order + 1;
  for (let index = result.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = state % (index + 1);
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}
