import 'reflect-metadata';
import { SetMetadata } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { Span } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const activeSpan = (): string => trace.getSpanContext(context.active())?.spanId ?? 'none';
const error = new RangeError('broken');

class Prices {
  readonly base = 2;

  @Span()
  double(n: number): string {
    return `${this.base * n} ${activeSpan()}`;
  }

  @SetMetadata('below', 1)
  @Span('price basket', { attributes: { 'basket.kind': 'gift' } })
  @SetMetadata('above', 2)
  async later(n: number): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    return `${this.base * n} ${activeSpan()}`;
  }

  @Span()
  async fails(): Promise<void> {
    throw error;
  }

  @Span()
  static of(): string {
    return activeSpan();
  }
}

it('a synchronous method runs in a span of its class and name', async () => {
  const result = new Prices().double(3);
  const span = await recorder.take('Prices.double');
  expect(result).toBe(`6 ${span.spanId}`);
  expect(span.attributes['code.function.name']).toBe('Prices.double');
});

it('an asynchronous method runs in a span that has its own name, until it has settled', async () => {
  const result = await new Prices().later(3);
  const span = await recorder.take('price basket');
  expect(result).toBe(`6 ${span.spanId}`);
  expect(span.attributes['basket.kind']).toBe('gift');
});

it('what a method rejects with is recorded and stays the same', async () => {
  await expect(new Prices().fails()).rejects.toBe(error);
  const span = await recorder.take('Prices.fails');
  expect(span.status).toBe('ERROR');
  expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
});

it('a static method is named by its class', async () => {
  const result = Prices.of();
  expect((await recorder.take('Prices.of')).spanId).toBe(result);
});

it('a method keeps its name, its arity and its metadata', () => {
  const { later } = Prices.prototype;
  expect([later.name, later.length]).toEqual(['later', 1]);
  expect([Reflect.getMetadata('above', later), Reflect.getMetadata('below', later)]).toEqual([2, 1]);
});

it('anything but a method is refused at once', () => {
  expect(() => (Span() as unknown as PropertyDecorator)(Prices.prototype, 'base')).toThrow(
    '[core] Expected `@Span()` to be on a method, got `base`. Move it to one.',
  );
});
