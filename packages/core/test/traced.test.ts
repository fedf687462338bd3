import { context, SpanKind, trace } from '@opentelemetry/api';
import { Span, traced } from '@throughline/core';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { transform } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

const activeSpan = (): string => trace.getSpanContext(context.active())?.spanId ?? 'none';

describe('a traced function', () => {
  it('has the type, the name, the arity and the this of the one it was made of', async () => {
    const prices = {
      base: 2,
      of: traced(function price(this: { base: number }, n: number, _currency: string): string {
        return `${this.base * n} ${activeSpan()}`;
      }),
    };
    expectTypeOf(prices.of).parameters.toEqualTypeOf<[number, string]>();
    expectTypeOf(prices.of).returns.toEqualTypeOf<string>();
    expect([prices.of.name, prices.of.length]).toEqual(['price', 2]);
    const result = prices.of(3, 'EUR');
    expect(result).toBe(`6 ${(await recorder.take('price')).spanId}`);
  });

  it('has a span for each call, with the name and options given', async () => {
    const send = traced('send mail', { kind: SpanKind.PRODUCER }, async (to: string) => `${to} ${activeSpan()}`);
    const [first, second] = await Promise.all([send('a'), send('b')]);
    const spans = [await recorder.take('send mail'), await recorder.take('send mail')];
    expect(spans.map(({ kind }) => kind)).toEqual(['PRODUCER', 'PRODUCER']);
    expect(new Set(spans.map(({ spanId }) => spanId))).toEqual(new Set([first?.slice(2), second?.slice(2)]));
  });

  it('rejects with what the function rejects with, and records it', async () => {
    const error = new RangeError('broken');
    await expect(traced('break', async () => Promise.reject(error))()).rejects.toBe(error);
    expect((await recorder.take('break')).status).toBe('ERROR');
  });

  it('is refused where there is no name or no function', () => {
    expect(() => traced(() => 1)).toThrow('[core] Expected the function to have a name.');
    expect(() => traced('x', undefined as unknown as () => void)).toThrow('[core] Expected `traced` to get a function');
  });
});

// The class as a compiler of standard decorators makes it: TypeScript without `experimentalDecorators`, esbuild, Babel.
const source = `
  export function declareClasses(Span, activeSpan, error) {
    class Prices {
      base = 2;
      @Span() double(n) { return this.base * n + ' ' + activeSpan(); }
      @Span('price basket', { attributes: { 'basket.kind': 'gift' } })
      async later(n) { await null; return this.base * n + ' ' + activeSpan(); }
      @Span() async fails() { throw error; }
      @Span() *count() { yield 1; yield activeSpan(); }
      @Span() async *countLater() { await null; yield activeSpan(); }
      @Span() static of() { return activeSpan(); }
      @Span() #hidden() { return activeSpan(); }
      peek() { return this.#hidden(); }
    }
    class Sale extends Prices {}
    return { Prices, Sale };
  }
  export function declareField(Span) { return class { @Span() field = 1; }; }
`;

type Decorated = {
  double(n: number): string;
  later(n: number): Promise<string>;
  fails(): Promise<void>;
  count(): Generator<unknown>;
  countLater(): AsyncGenerator<unknown>;
  peek(): string;
};
type Fixture = {
  declareClasses(
    span: typeof Span,
    active: () => string,
    error: unknown,
  ): { Prices: { new (): Decorated; of(): string }; Sale: new () => Decorated };
  declareField(span: typeof Span): unknown;
};

describe('@Span as a standard decorator, on a plain class', () => {
  const error = new RangeError('broken');
  let fixture: Fixture;
  beforeAll(async () => {
    const { code } = await transform(source, { loader: 'ts', target: 'es2022', tsconfigRaw: { compilerOptions: {} } });
    fixture = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
  });

  it('names spans by class and method, also where the method is inherited', async () => {
    const { Prices, Sale } = fixture.declareClasses(Span, activeSpan, error);
    const sold = new Sale().double(3);
    const span = await recorder.take('Prices.double');
    expect(sold).toBe(`6 ${span.spanId}`);
    expect(span.attributes['code.function.name']).toBe('Prices.double');
    expect(Prices.of()).toBe((await recorder.take('Prices.of')).spanId);
    expect(Prices.prototype.double.name).toBe('double');
    const hidden = new Prices().peek();
    expect(hidden).toBe((await recorder.take('Prices.#hidden')).spanId);
  });

  it('follows promises and generators to their end', async () => {
    const { Prices } = fixture.declareClasses(Span, activeSpan, error);
    const later = await new Prices().later(3);
    const basket = await recorder.take('price basket');
    expect(later).toBe(`6 ${basket.spanId}`);
    expect(basket.attributes['basket.kind']).toBe('gift');
    await expect(new Prices().fails()).rejects.toBe(error);
    expect((await recorder.take('Prices.fails')).status).toBe('ERROR');
    const counted = [...new Prices().count()];
    expect(counted).toEqual([1, (await recorder.take('Prices.count')).spanId]);
    const countedLater = await collect(new Prices().countLater());
    expect(countedLater).toEqual([(await recorder.take('Prices.countLater')).spanId]);
  });

  it('is refused on a field', () => {
    expect(() => fixture.declareField(Span)).toThrow('[core] Expected `@Span()` to be on a method, got `field`.');
  });
});

describe('@Span as a decorator of TypeScript’s older kind', () => {
  class Shop {
    @Span()
    *goods(): Generator<string> {
      yield activeSpan();
    }
  }

  it('needs no reflect-metadata and follows generators', async () => {
    const goods = [...new Shop().goods()];
    expect(goods).toEqual([(await recorder.take('Shop.goods')).spanId]);
  });
});

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}
