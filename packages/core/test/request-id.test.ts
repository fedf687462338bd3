import { type RequestIdOptions, requestId } from '@throughline/core';
import { expect, it } from 'vitest';

it('an id is generated once for a request, and read by any reader', () => {
  const request = { headers: {} };
  const id = requestId()(request);
  expect(id).toMatch(/^[\da-f]{32}$/);
  expect(requestId({ generate: () => 'other' })(request)).toBe(id);
  expect(requestId()({ headers: {} })).not.toBe(id);
});

it('the first valid one of repeated ids is taken', () => {
  expect(requestId()({ headers: { 'x-request-id': 'a=1, r-7, r-8' } })).toBe('r-7');
});

it('an id is generated where `valid` or `generate` throws', () => {
  const fail = (): never => {
    throw new Error('of the application');
  };
  const id = requestId({ valid: fail, generate: fail })({ headers: { 'x-request-id': 'r-7' } });
  expect(id).toMatch(/^[\da-f]{32}$/);
});

const wrongOptions: [options: unknown, message: string][] = [
  [{ generate: 'trace-id' }, "[core] Expected `generate` to be 'random' or a function (the id is there before the"],
  [{ headers: [] }, '[core] Expected `headers` to be a non-empty array of header names, got an array.'],
  [{ header: 'x-id' }, '[core] There is no option `header`. Use one of `headers`, `valid`, `generate`.'],
  ['x-id', '[core] Expected the options to be an object, got the string "x-id".'],
];

it.each(wrongOptions)('%j is refused at set-up', (options, message) => {
  expect(() => requestId(options as RequestIdOptions)).toThrow(message);
});
