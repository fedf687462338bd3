import { type Arguments, readArguments, USAGE, UsageError } from './arguments.ts';
import { ChildFailure } from './child.ts';
import { DatabaseFailure } from './database.ts';
import { runDemo } from './run.ts';

const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

/** Runs the demo as its command line says, and sets the exit code of the process. */
export async function main(given: readonly string[]): Promise<void> {
  const { seconds, help } = readUsage(given);
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  // Who reads the output may have left, as `head` does: then the demo ends too.
  const [ending, leaving] = [new AbortController(), new AbortController()];
  // Whoever looks at a terminal and has set no time may want to look at the traces in peace.
  const staysOpen = seconds === undefined && process.stdout.isTTY === true;
  endOnSignals(ending, staysOpen ? leaving : undefined);
  process.stdout.on('error', () => {
    ending.abort();
    leaving.abort();
  });
  try {
    process.exitCode = (await runDemo({ seconds, ending: ending.signal, staysOpen, leaving: leaving.signal }))
      ? 0
      : FAILED;
  } catch (thrown) {
    process.stderr.write(`\nThe demo ended: ${describe(thrown)}\n`);
    process.exitCode = FAILED;
  }
}

function readUsage(given: readonly string[]): Arguments {
  try {
    return readArguments(given);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`${thrown.message}\n\n${USAGE}\n`);
    process.exit(MISUSED);
  }
}

// The first signal ends the load in order, which takes a second or two, and with it the demo if its viewer does not stay
// open; the next one closes the viewer, or ends all at once.
function endOnSignals(ending: AbortController, leaving: AbortController | undefined): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal !== 'SIGINT') leaving?.abort();
      if (!ending.signal.aborted) return ending.abort();
      if (leaving === undefined || leaving.signal.aborted) process.exit(INTERRUPTED);
      leaving.abort();
    });
  }
}

function describe(thrown: unknown): string {
  if (thrown instanceof ChildFailure || thrown instanceof DatabaseFailure) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
