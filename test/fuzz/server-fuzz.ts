import { recordSpans } from '@throughline/testkit';
import fc from 'fast-check';
import { type Program, programs } from './program.ts';
import { judge } from './server-oracle.ts';
import { type FuzzedSubject, startFuzzed } from './server-run.ts';

export type Finding = { readonly seed: number; readonly program: Program; readonly message: string };
export type Fuzzed = { readonly programs: number; readonly requests: number; readonly finding: Finding | undefined };

/** For how long to look, and at how many programs at least: the same ones for a seed, however slow a machine is. */
export type Budget = { readonly milliseconds?: number; readonly programs?: number };

const BATCH = 20;
/** How long to look for a smaller program. */
const SHRINKING_MS = 20_000;

/**
 * Runs programs of requests on a server of this subject and, for comparison, on the same without tracing, until something
 * does not hold that must: of what is found, the smallest program that shows it.
 */
export async function fuzzServer(
  subject: FuzzedSubject,
  seed: number,
  { milliseconds = 0, programs: least = 0 }: Budget,
  smallest = true,
): Promise<Fuzzed> {
  const recorder = await recordSpans();
  const [traced, untraced] = [await startFuzzed(subject, 1), await startFuzzed(subject, 0)];
  let requests = 0;
  const property = fc.asyncProperty(programs, async (program) => {
    requests += program.reduce((sum, connection) => sum + connection.requests.length, 0);
    const control = await untraced.run(program);
    recorder.clear();
    const seen = await traced.run(program);
    try {
      await judge(seen, control, recorder);
    } finally {
      recorder.clear();
    }
  });
  try {
    const end = performance.now() + milliseconds;
    let done = 0;
    do {
      const batch = {
        seed: seed + done,
        numRuns: BATCH,
        ...(smallest ? { interruptAfterTimeLimit: SHRINKING_MS } : { endOnFailure: true }),
      };
      const result = await fc.check(property, batch);
      done += result.numRuns;
      if (result.failed) {
        const [program] = result.counterexample ?? [[]];
        const message = String((result.errorInstance as Error | undefined)?.message ?? result.errorInstance);
        return { programs: done, requests, finding: { seed: batch.seed, program, message } };
      }
    } while (done < least || performance.now() < end);
    return { programs: done, requests, finding: undefined };
  } finally {
    await untraced.close();
    await traced.close();
    await recorder.stop();
  }
}
