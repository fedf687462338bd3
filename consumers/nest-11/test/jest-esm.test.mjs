// Jest with ES modules: `node --experimental-vm-modules`.
import { withSpan } from '@throughline/core';
import { recordSpans } from '@throughline/testkit';

let recorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterAll(() => recorder.stop());

it('prices a basket in one span', async () => {
  withSpan('price basket', () => 6);
  expect((await recorder.take('price basket')).status).toBe('UNSET');
  recorder.assertEmpty();
});
