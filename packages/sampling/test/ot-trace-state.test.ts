import fc from 'fast-check';
import { expect, it } from 'vitest';
import { agreeWithFlag, readRandomness, readThreshold, writeThreshold } from '../src/ot-trace-state.ts';
import { NEVER } from '../src/threshold.ts';
import { newSeed } from './random-ids.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const seed = newSeed();

it('reads threshold and randomness wherever they stand', () => {
  expect(readThreshold('th:fd70a')).toBe('fd70a');
  expect(readThreshold('x:1;th:0;rv:0123456789abcd')).toBe('0');
  expect(readRandomness('th:8;rv:0123456789abcd;x:1', TRACE_ID)).toBe('0123456789abcd');
  expect(readRandomness('th:8', TRACE_ID)).toBe('48eb211c80319c');
  expect(readRandomness(undefined, TRACE_ID)).toBe('48eb211c80319c');
});

it.each(['th:', 'th:FD70A', 'th:fd70a ', 'th:0123456789abcde', 'th:0x8', 'th', 'xth:8', 'th8', ';', ':', '', 'TH:8'])(
  'reads no threshold from %j',
  (ot) => expect(readThreshold(ot)).toBeUndefined(),
);

it.each(['rv:', 'rv:0123456789abc', 'rv:0123456789abcde', 'rv:0123456789ABCD', 'rv:0123456789abcg', 'rv', ''])(
  'takes the randomness from the trace id where the member says %j',
  (ot) => expect(readRandomness(ot, TRACE_ID)).toBe('48eb211c80319c'),
);

it('writes a threshold in place of any other and leaves the rest byte for byte', () => {
  expect(writeThreshold('', '8')).toBe('th:8');
  expect(writeThreshold('a:1;th:0; b : 2;;junk', 'fd70a')).toBe('th:fd70a;a:1; b : 2;;junk');
  expect(writeThreshold('th:0;a:1;th:8', NEVER)).toBe('a:1');
  expect(writeThreshold('th:0', NEVER)).toBe('');
  expect(writeThreshold('xth:0', NEVER)).toBe('xth:0');
});

it('writes no threshold where there is no room for it', () => {
  const full = `x:${'a'.repeat(254)}`;
  expect(writeThreshold(full, '8')).toBe(full);
  expect(writeThreshold(full.slice(0, 251), '8')).toBe(`th:8;${full.slice(0, 251)}`);
  expect(writeThreshold(full.slice(0, 252), '8')).toBe(full.slice(0, 252));
});

it('replaces a member that is longer than the format allows, and reads nothing from it', () => {
  const tooLong = `th:0;x:${'a'.repeat(300)}`;
  expect(readThreshold(tooLong)).toBeUndefined();
  expect(writeThreshold(tooLong, '8')).toBe('th:8');
});

it('takes out what contradicts the flag, and only that', () => {
  // The randomness begins with 48.
  expect(agreeWithFlag('th:4;x:1', TRACE_ID, true)).toBe('th:4;x:1');
  expect(agreeWithFlag('th:4;x:1', TRACE_ID, false)).toBe('x:1');
  expect(agreeWithFlag('x:1;th:8', TRACE_ID, true)).toBe('x:1');
  expect(agreeWithFlag('x:1;th:8', TRACE_ID, false)).toBe('x:1;th:8');
  expect(agreeWithFlag('th:8;rv:90000000000000', TRACE_ID, true)).toBe('th:8;rv:90000000000000');
  expect(agreeWithFlag('th:no;x:1', TRACE_ID, false)).toBe('x:1');
});

const hex = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: max });
const subKey = fc.oneof(
  hex(14).map((value) => `th:${value}`),
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 14, maxLength: 14 })
    .map((value) => `rv:${value}`),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('th:', 'rv:', 'th', ';;', 'x:1', 'th:g', 'rv:ff', 'th:0:1', ' th:8', 'thh:8', '\u0000', '\uD800'),
);
const member = fc.oneof(
  fc.array(subKey, { maxLength: 8 }).map((keys) => keys.join(';')),
  fc.string({ maxLength: 600 }),
);

it('survives any text, keeps what is not its own, and never writes what it cannot read', () => {
  fc.assert(
    fc.property(member, hex(14), fc.boolean(), (ot, threshold, sampled) => {
      const written = writeThreshold(ot, threshold);
      expect([threshold, undefined]).toContain(readThreshold(written));
      expect(written.length).toBeLessThanOrEqual(256);
      expect(readThreshold(writeThreshold(ot, NEVER))).toBeUndefined();
      if (ot.length <= 256) {
        const others = ot.split(';').filter((part) => !part.startsWith('th:'));
        expect(written.endsWith(others.join(';'))).toBe(true);
        expect(readRandomness(written, TRACE_ID)).toBe(readRandomness(ot, TRACE_ID));
      }
      const agreed = agreeWithFlag(ot, TRACE_ID, sampled);
      expect(agreeWithFlag(agreed, TRACE_ID, sampled)).toBe(agreed);
      const left = readThreshold(agreed);
      if (left !== undefined) expect(readRandomness(agreed, TRACE_ID) >= left).toBe(sampled);
      expect(readRandomness(ot, TRACE_ID)).toMatch(/^[0-9a-f]{14}$/);
    }),
    { seed, numRuns: 5000 },
  );
});

it('says the same of a threshold that stands alone as of one among others', () => {
  const id = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });
  const threshold = fc.oneof(hex(14), hex(20), fc.string({ maxLength: 4 }), fc.constantFrom('', 'A', '8;', 'fd70a '));
  fc.assert(
    fc.property(id, threshold, fc.nat(14), fc.boolean(), (traceId, digits, shared, sampled) => {
      // Random digits differ at once; some are to be those of the trace.
      const alone = `th:${traceId.slice(18, 18 + shared)}${digits}`;
      const among = agreeWithFlag(`${alone};x:1`, traceId, sampled);
      expect(agreeWithFlag(alone, traceId, sampled)).toBe(among === 'x:1' ? '' : among.slice(0, -';x:1'.length));
    }),
    { seed, numRuns: 5000 },
  );
});

it('reads a member of any length in linear time', () => {
  const hostile = ['th:'.repeat(1e6), ';'.repeat(3e6), 'th:8;'.repeat(6e5), `rv:${'0'.repeat(3e6)}`];
  const start = process.cpuUsage();
  for (const ot of hostile) {
    readRandomness(ot, TRACE_ID);
    agreeWithFlag(ot, TRACE_ID, true);
    writeThreshold(ot, '8');
  }
  // Quadratic, it would take hours.
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(15_000);
});
