import assert from 'node:assert/strict';
import { checkHttpServer } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { brokenServers } from './broken-servers/index.ts';
import { startMutant } from './broken-servers/server-mutation.ts';

// A defect must be found by the scenario that is about it, and by an assertion: not because nothing works at all.
describe('the server contract rejects an adapter that', () => {
  for (const { defect, rejectedBy, ...mutation } of brokenServers) {
    it(defect, async () => {
      const subject = { name: defect, start: startMutant.bind(undefined, mutation) };
      const [verdict] = await checkHttpServer(subject, { titles: [rejectedBy], patienceMs: 300 });
      assert.ok(verdict?.error !== undefined, `"${rejectedBy}" lets it pass.`);
      assert.ok(
        verdict.error.name === 'AssertionError' || /^\[testkit\]|^socket hang up$/.test(verdict.error.message),
        verdict.error,
      );
    });
  }

  it('does nothing wrong by itself: without a mutation, the same adapter passes', async () => {
    const subject = { name: 'unchanged', start: startMutant.bind(undefined, {}) };
    const failed = (await checkHttpServer(subject)).filter(({ error }) => error !== undefined);
    assert.deepEqual(failed, []);
  }, 300_000); // all of the contract at once
});
