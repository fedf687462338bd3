import { diag } from '@opentelemetry/api';
import { errorMessage, errorType } from '@throughline/core';
import { expect, it, vi } from 'vitest';
import { callSafely } from '../src/span/failure.ts';

it('types errors by the code of the system or the name of the class', () => {
  class PaymentDeclined extends Error {
    override readonly name = 'PaymentDeclined';
  }
  expect(errorType(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(errorType(new PaymentDeclined())).toBe('PaymentDeclined');
  expect(errorType(new (class OutOfStock extends Error {})('x'))).toBe('OutOfStock');
  expect(errorType(new (class extends Error {})('x'))).toBe('Error');
  expect(errorType(Object.assign(new Error('x'), { code: 17 }))).toBe('Error');
  expect(errorType('text')).toBe('string');
  expect(errorType(null)).toBe('null');
});

it('never lets text with a value in it become an error type', () => {
  expect(errorType(Object.assign(new Error('x'), { name: 'user 4711 not found' }))).toBe('Error');
  expect(errorType(Object.assign(new Error('x'), { code: 'user 4711' }))).toBe('Error');
});

it('survives values whose getters throw', () => {
  const hostile = {
    get message(): string {
      throw new Error('no');
    },
    get name(): string {
      throw new Error('no');
    },
  };
  expect(errorType(hostile)).toBe('Error');
  expect(errorMessage(hostile)).toBe('no message');
  expect(errorMessage(Object.create(null))).toBe('no message');
});

it('bounds messages', () => {
  expect(errorMessage(new Error('x'.repeat(5000)))).toHaveLength(1024);
});

it('reports a hook that throws or rejects, and goes on', async () => {
  const error = vi.spyOn(diag, 'error').mockImplementation(() => {});
  const broken = (): never => {
    throw new Error('broken');
  };
  expect(callSafely('onStart', broken)).toBeUndefined();
  await callSafely('onEnd', () => Promise.reject(new Error('late')))?.catch(() => {});
  expect(error.mock.calls.map(([text]) => text)).toEqual([
    '[throughline] `onStart` failed and was ignored: broken',
    '[throughline] `onEnd` failed and was ignored: late',
  ]);
  error.mockRestore();
});
