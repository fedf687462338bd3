import assert from 'node:assert/strict';
import { checkMessages, messageScenarios } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { brokenBrokers } from './broken-brokers.ts';
import { startMemoryBroker } from './memory-broker.ts';

// A defect must be found by the scenario that is about it, and by an assertion: not because nothing works at all.
describe('the message contract rejects an adapter that', () => {
  for (const [defect, { rejectedBy, ...mutation }] of Object.entries(brokenBrokers)) {
    it(defect, async () => {
      const subject = { name: defect, start: startMemoryBroker.bind(undefined, mutation) };
      const [verdict] = await checkMessages(subject, [rejectedBy]);
      assert.ok(verdict?.error !== undefined, `"${rejectedBy}" lets it pass.`);
      const { name, message } = verdict.error;
      assert.ok(name === 'AssertionError' || /^\[testkit\]|not extensible/.test(message), verdict.error);
    });
  }

  it('does nothing wrong by itself: a queue in memory, traced by core alone, passes', async () => {
    const subject = { name: 'unchanged', start: startMemoryBroker.bind(undefined, {}) };
    const titles = messageScenarios.map(({ title }) => title).filter((title) => !title.startsWith('a request and'));
    const failed = (await checkMessages(subject, titles)).filter(({ error }) => error !== undefined);
    assert.deepEqual(failed, []);
  });
});
