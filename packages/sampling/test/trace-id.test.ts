import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hexWord, TraceId, traceIdText } from '../src/trace-id.ts';

const seed = Number(process.env.THROUGHLINE_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`THROUGHLINE_SEED=${seed}`);

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: 32, maxLength: 32 });

it('reads the words of an id, and writes them as they were, in small letters', () => {
  const property = fc.property(hex, (text) => {
    const id = new TraceId(text);
    const words = [id.first, id.second, id.third, id.fourth].map((word) => BigInt(word >>> 0));
    expect(words.reduce((number, word) => (number << 32n) | word, 0n)).toBe(BigInt(`0x${text}`));
    expect([id.text, traceIdText(id)]).toEqual([text, text.toLowerCase()]);
  });
  fc.assert(property, { seed });
});

it('takes any text for some id, always the same', () => {
  const property = fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
    const [id, again] = [new TraceId(text), new TraceId(text)];
    expect(traceIdText(id)).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdText(again)).toBe(traceIdText(id));
  });
  fc.assert(property, { seed });
  expect([hexWord('', 8), hexWord('12', 0), hexWord('0000000f1', 8)]).toEqual([0, 0x12000000, 0x10000000]);
});
