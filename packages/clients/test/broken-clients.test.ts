import assert from 'node:assert/strict';
import { checkHttpClient } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { brokenClients } from './broken-clients.ts';
import { brokenAboutKeptTraces } from './broken-clients-kept-traces.ts';
import { brokenMeasurements } from './broken-measurements.ts';

const broken = { ...brokenClients, ...brokenAboutKeptTraces, ...brokenMeasurements };

// A defect must be found by the scenario that is about it, and by an assertion: not because nothing works at all.
describe('the client contract rejects a client that', () => {
  for (const [defect, { rejectedBy, create }] of Object.entries(broken)) {
    it(defect, async () => {
      const [verdict] = await checkHttpClient({ name: defect, create }, [rejectedBy]);
      assert.ok(verdict?.error !== undefined, `"${rejectedBy}" lets it pass.`);
      assert.ok(
        verdict.error.name === 'AssertionError' || /^\[testkit\]|^of the application$/.test(verdict.error.message),
        verdict.error,
      );
    });
  }
});
