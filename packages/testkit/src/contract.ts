import { recordSpans, type SpanRecorder } from './span-recorder.ts';

/** One behaviour that every subject of a contract must show. `run` throws if it does not. */
export type Scenario<Subject> = {
  /** The behaviour as a sentence. */
  readonly title: string;
  run(subject: Subject, recorder: SpanRecorder): Promise<void>;
};

/** The two functions of a test runner that a contract needs; those of Vitest, Jest, Mocha and `node:test` all fit. */
export type Runner = {
  describe(name: string, define: () => void): unknown;
  it(title: string, test: () => Promise<void>): unknown;
};

/** Scenarios not to run, by title, each with the reason. */
export type Skips = Readonly<Record<string, string>>;

/** What became of one scenario. */
export type Verdict = { readonly title: string; readonly error: Error | undefined };

/** Registers one test per scenario. Throws if a skip has no reason or names no scenario. */
export function defineContract<Subject>(
  { describe, it }: Runner,
  name: string,
  scenarios: readonly Scenario<Subject>[],
  subject: Subject,
  skip: Skips = {},
): void {
  checkSkips(scenarios, skip);
  describe(name, () => {
    for (const scenario of scenarios) {
      if (!Object.hasOwn(skip, scenario.title)) it(scenario.title, () => runScenario(scenario, subject));
    }
  });
}

/** Runs every scenario without a test runner and says which fail: the way to test that a contract rejects a subject. */
export async function checkContract<Subject>(
  scenarios: readonly Scenario<Subject>[],
  subject: Subject,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const scenario of scenarios) {
    const error = await runScenario(scenario, subject).then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
    verdicts.push({ title: scenario.title, error });
  }
  return verdicts;
}

// A recorder of its own per scenario: what one leaves behind cannot reach the next, and is found at once.
async function runScenario<Subject>(scenario: Scenario<Subject>, subject: Subject): Promise<void> {
  const recorder = await recordSpans();
  try {
    await scenario.run(subject, recorder);
    recorder.assertEmpty();
  } finally {
    await recorder.stop();
  }
}

function checkSkips(scenarios: readonly Scenario<never>[], skip: Skips): void {
  for (const [title, reason] of Object.entries(skip)) {
    if (!scenarios.some((scenario) => scenario.title === title)) {
      throw new Error(
        `[testkit] \`skip\` names no scenario: ${JSON.stringify(title)}. Copy the title of one, or remove it.`,
      );
    }
    if (reason.trim() === '') throw new Error(`[testkit] \`skip\` needs a reason for ${JSON.stringify(title)}.`);
  }
}
