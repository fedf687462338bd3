import assert from 'node:assert/strict';
import { checkHttpServer } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { http2Defects } from './broken-servers/http2.ts';
import { brokenServers } from './broken-servers/index.ts';
import { type BrokenServer, startMutant, startMutantOverHttp2 } from './broken-servers/server-mutation.ts';

// A defect must be found by the scenario that is about it, and by an assertion: not because nothing works at all.
describe('the server contract rejects an adapter that', () => {
  it.each(brokenServers)('$defect', (broken) => isRejected(broken, startMutant));
  it.each(http2Defects)('$defect', (broken) => isRejected(broken, startMutantOverHttp2));

  it('does nothing wrong by itself: without a mutation, the same adapter passes', async () => {
    const overHttp1 = { name: 'unchanged', start: startMutant.bind(undefined, {}) };
    const overHttp2 = { name: 'unchanged', start: startMutantOverHttp2.bind(undefined, {}) };
    const verdicts = [
      ...(await checkHttpServer(overHttp1)),
      ...(await checkHttpServer(overHttp2, { titles: http2Defects.map(({ rejectedBy }) => rejectedBy) })),
    ];
    assert.deepEqual(
      verdicts.filter(({ error }) => error !== undefined),
      [],
    );
  }, 300_000); // all of the contract at once
});

async function isRejected({ defect, rejectedBy, ...mutation }: BrokenServer, start: typeof startMutant): Promise<void> {
  const subject = { name: defect, start: start.bind(undefined, mutation) };
  const [verdict] = await checkHttpServer(subject, { titles: [rejectedBy], patienceMs: 300 });
  assert.ok(verdict?.error !== undefined, `"${rejectedBy}" lets it pass.`);
  assert.ok(
    verdict.error.name === 'AssertionError' || /^\[testkit\]|^socket hang up$/.test(verdict.error.message),
    verdict.error,
  );
}
