import { parseArgs } from 'node:util';

/** What the command line asks for. */
export type Arguments = { readonly seconds: number | undefined; readonly help: boolean };

/** A command line that the demo does not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: npx pnpm demo [--seconds <number>]

  --seconds <number>  end after this time, more than 0 and at most 86400; without it, Ctrl-C ends the demo
  --help              show this text

DATABASE_URL names the PostgreSQL to use, REDIS_URL the Redis; without them embedded ones are started.
AMQP_URL names a RabbitMQ, or NATS_URL a NATS, for notifications; without them they wait in a table of the database.`;

/** Reads the command line. Throws a `UsageError` that says what is wrong with it. */
export function readArguments(given: readonly string[]): Arguments {
  const { seconds, help = false } = parse(given[0] === '--' ? given.slice(1) : given);
  if (seconds === undefined) return { seconds: undefined, help };
  const number = Number(seconds);
  if (seconds.trim() === '' || !(number > 0 && number <= 86_400)) {
    throw new UsageError(
      `Expected \`--seconds\` to be a number above 0 and at most 86400, got ${JSON.stringify(seconds)}.`,
    );
  }
  return { seconds: number, help };
}

function parse(given: readonly string[]): { seconds?: string | undefined; help?: boolean | undefined } {
  try {
    return parseArgs({
      args: [...given],
      options: { seconds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
