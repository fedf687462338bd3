import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerTargets } from './fuzz/answers.ts';
import { formatTargets } from './fuzz/formats.ts';
import { headerTargets } from './fuzz/headers.ts';
import { queryTargets } from './fuzz/queries.ts';
import { signalTargets } from './fuzz/signals.ts';

// Everything that reads what strangers send. `npx pnpm test:fuzz --seconds 600 --seed 7` looks for longer.

const targets = [...headerTargets, ...answerTargets, ...signalTargets, ...formatTargets, ...queryTargets];
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const budgetMs = (Number(process.env.FUZZ_SECONDS ?? 10) * 1000) / targets.length;
const RUNS = 50;

it.each(targets)(
  '$name: whatever comes in',
  ({ name, property }) => {
    const end = performance.now() + budgetMs;
    let inputs = 0;
    do {
      const options = { seed: seed + inputs, numRuns: RUNS };
      const { failed, counterexample, errorInstance, numRuns } = fc.check(property, options);
      const input = JSON.stringify(counterexample, (_key, value) =>
        typeof value === 'bigint' ? `${value}n` : value,
      )?.slice(0, 2000);
      expect(
        failed,
        `FUZZ_SEED=${options.seed} npx vitest run test/fuzz.test.ts -t '${name}'\n${input}\n${errorInstance}`,
      ).toBe(false);
      inputs += numRuns;
    } while (performance.now() < end);
    if (process.env.FUZZ_SECONDS !== undefined) console.info(`${name}: ${inputs} inputs`);
  },
  budgetMs + 120_000,
);
