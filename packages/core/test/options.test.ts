import { createClientTracing } from '@throughline/core/http-client';
import { createServerTracing } from '@throughline/core/node-http';
import { expect, it } from 'vitest';

const wrongOptions: [options: unknown, message: string][] = [
  [{ ignore: '/health' }, '[express] Expected `ignore` to be a function, got the string "/health".'],
  [{ ingore: () => true }, '[express] There is no option `ingore`. Use one of `tracerProvider`, `ignore`,'],
  [
    { requestHeaders: 'x-tenant' },
    '[express] Expected `requestHeaders` to be an array of header names, got the string',
  ],
  [
    { requestHeaders: ['x tenant'] },
    '[express] Expected `requestHeaders` to be an array of header names, got an array.',
  ],
  [
    { tracerProvider: {} },
    '[express] Expected `tracerProvider` to be a TracerProvider (an object with `getTracer`), got object.',
  ],
  [{ correlation: false }, '[express] Expected `correlation` to be an object, got boolean.'],
  [
    { correlation: { headers: [] } },
    '[express] Expected `correlation.headers` to be a non-empty array of header names',
  ],
  [
    { correlation: { generate: 'uuid' } },
    "[express] Expected `correlation.generate` to be 'random', 'trace-id' or a function",
  ],
  [
    { correlation: { header: 'x-id' } },
    '[express] There is no option `correlation.header`. Use one of `correlation.headers`',
  ],
  [{ constructor: 1 }, '[express] There is no option `constructor`.'],
  [null, '[express] Expected the options to be an object, got null.'],
];

it('names a wrong option and says what is expected', () => {
  for (const [options, message] of wrongOptions) {
    expect(() => createServerTracing({ name: 'express' }, options as object), message).toThrow(message);
  }
});

it('takes an option that is undefined as not given', () => {
  expect(() => createServerTracing({ name: 'express' }, { ignore: undefined } as object)).not.toThrow();
});

it('checks the options of clients in the same way', () => {
  expect(() => createClientTracing('fetch', { propagate: true } as object)).toThrow(
    '[fetch] Expected `propagate` to be a function, got boolean.',
  );
});
