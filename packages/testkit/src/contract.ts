import { type RecorderOptions, recordSpans, type SpanRecorder } from './span-recorder.ts';

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

const DEADLINE_MS = 100_000;

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
  options: RecorderOptions = {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const scenario of scenarios) {
    const error = await runScenario(scenario, subject, options).then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
    verdicts.push({ title: scenario.title, error });
  }
  return verdicts;
}

/** The scenarios with these titles, in this order. Throws if a title names none. */
export function scenariosNamed<Subject>(
  scenarios: readonly Scenario<Subject>[],
  titles: readonly string[],
): Scenario<Subject>[] {
  return titles.map((title) => {
    const found = scenarios.find((scenario) => scenario.title === title);
    if (found === undefined) {
      throw new Error(`[testkit] No scenario is titled ${JSON.stringify(title)}. Copy the title of one.`);
    }
    return found;
  });
}

// A recorder of its own per scenario: what one leaves behind cannot reach the next, and is found at once.
async function runScenario<Subject>(
  scenario: Scenario<Subject>,
  subject: Subject,
  options: RecorderOptions = {},
): Promise<void> {
  const recorder = await recordSpans(options);
  try {
    await withinDeadline(scenario.run(subject, recorder));
    recorder.assertEmpty();
  } finally {
    await recorder.stop();
  }
}

// A subject that never answers fails the scenario, and not the test runner.
async function withinDeadline(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`[testkit] The scenario did not end within ${DEADLINE_MS} ms.`)),
      DEADLINE_MS,
    );
  });
  try {
    await Promise.race([run, deadline]);
  } finally {
    clearTimeout(timer);
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
