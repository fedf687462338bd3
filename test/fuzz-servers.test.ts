import { describe, expect, it } from 'vitest';
import { brokenServers } from './broken-servers/index.ts';
import { startMutant } from './broken-servers/server-mutation.ts';
import { fuzzServer } from './fuzz/server-fuzz.ts';
import { fuzzedSubjects } from './fuzz/servers.ts';

// Programs of requests that no test author would think of. `npx pnpm test:fuzz --seconds 600 --seed 7` looks for longer.

// CI looks at the same programs each time; whoever wants others says so.
const seed = Number(process.env.FUZZ_SEED ?? 1);
const seconds = process.env.FUZZ_SECONDS;
const budget =
  seconds === undefined ? { programs: 60 } : { milliseconds: (Number(seconds) * 1000) / fuzzedSubjects.length };

// On a machine that is very busy, a server of HTTP/2 may read a request only after its client was judged: not for CI.
const subjects = fuzzedSubjects.filter(({ protocol }) => seconds !== undefined || protocol !== 'HTTP/2');

it.each(subjects)(
  '$name: whatever clients and handlers do',
  async (subject) => {
    const { finding, programs, requests } = await fuzzServer(subject, seed, budget);
    const again = `FUZZ_SEED=${finding?.seed} npx vitest run test/fuzz-servers.test.ts -t '${subject.name}'`;
    expect(finding, `${again}\n${finding?.message}\n${JSON.stringify(finding?.program, null, 1)}`).toBeUndefined();
    if (seconds !== undefined) console.info(`${subject.name}: ${programs} programs, ${requests} requests`);
  },
  (budget.milliseconds ?? 0) + 240_000,
);

// What cannot fail tells nothing: adapters with a defect are found, and by the defect.
const FOUND: Readonly<Record<string, RegExp>> = {
  'never ends a span': /no span that ended/,
  'names spans by the raw path': /strictly equal/,
  'gives the path of a 404 as its route': /the route of/,
  'runs handlers outside of the span': /the span that is active in/,
  'takes a client that left in the middle of a stream for a success': /status code/,
  'ends only what was sent in full': /no span that ended/,
  'blames the client for whatever was broken off': /server_aborted|client_aborted/,
  'forgets a pipelined request that was read before its turn': /no span that ended/,
  'tells of a 404 with the whole target': /a credential is in a span/,
};
describe('a program is found that shows an adapter which', () => {
  it.each(Object.entries(FOUND))('%s', async (defect, message) => {
    const { rejectedBy: _, ...mutation } = brokenServers.find((each) => each.defect === defect) ?? expect.fail(defect);
    const subject = { name: defect, start: startMutant.bind(undefined, mutation) };
    const { finding } = await fuzzServer(subject, 1, { milliseconds: 60_000 }, false);
    expect(finding?.message).toMatch(message);
  });
});
