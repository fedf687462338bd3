// Jest's own module system, in a project of CommonJS: our packages are ES modules, and are transformed like the project's own.
const { recordSpans } = require('@throughline/testkit');
const { price } = require('../price.cjs');

let recorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterAll(() => recorder.stop());

it('prices a basket in one span', async () => {
  expect(price([1, 2])).toBe(6);
  expect((await recorder.take('price basket')).status).toBe('UNSET');
  recorder.assertEmpty();
});
