import { type Context, context } from '@opentelemetry/api';

/** What `query` may be given besides text: a query that submits itself, such as a cursor. */
export type Submission = Record<string, unknown> & { submit(connection: unknown): void };

/** A call of `client.query`, in any of its forms. */
export type PgQuery = {
  readonly text: string | undefined;
  /** The name of a prepared statement. */
  readonly name: string | undefined;
  readonly values: readonly unknown[] | undefined;
  readonly submission: Submission | undefined;
  readonly callback: Callback | undefined;
};

export type Callback = (this: unknown, error: unknown, result: unknown) => unknown;

// What a client calls on the query that is running: rows, errors and the end come in on the socket's own time.
const HANDLERS = [
  'handleRowDescription',
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleCopyInResponse',
  'handleCopyOutResponse',
  'handleCopyData',
  'handleCopyDone',
  'handleError',
  'handleReadyForQuery',
];

/** Reads the arguments of `client.query`; `undefined` if it is going to refuse them. */
export function readQuery(args: readonly unknown[]): PgQuery | undefined {
  const [first, second, third] = args;
  if (typeof first === 'string') {
    return {
      text: first,
      name: undefined,
      values: arrayOf(second),
      submission: undefined,
      callback: fn(second, third),
    };
  }
  if (typeof first !== 'object' || first === null) return undefined;
  const { text, name, values, callback, submit, cursor } = first as Record<string, unknown>;
  // A query stream keeps its text in its cursor.
  const source = text ?? (Object(cursor) as { text?: unknown }).text;
  return {
    text: typeof source === 'string' ? source : undefined,
    name: typeof name === 'string' ? name : undefined,
    values: arrayOf(second) ?? arrayOf(values),
    submission: typeof submit === 'function' ? (first as Submission) : undefined,
    callback: fn(second, third, callback),
  };
}

/** The arguments with another callback. A callback that is given beside a config goes before the config's own. */
export function withCallback(args: readonly unknown[], callback: Callback): unknown[] {
  const [first, second] = args;
  return [first, typeof second === 'function' ? undefined : second, callback];
}

/** Runs what the client tells a query in a context, and says when it is over. */
export function followSubmission(
  submission: Submission,
  active: Context,
  end: () => void,
  fail: (thrown: unknown) => void,
): void {
  for (const name of HANDLERS) {
    const handler = submission[name];
    if (typeof handler !== 'function') continue;
    submission[name] = function (this: unknown, ...args: unknown[]): unknown {
      if (name === 'handleError') fail(args[0]);
      else if (name === 'handleReadyForQuery') end();
      return context.with(active, handler as (...args: unknown[]) => unknown, this, ...args);
    };
  }
}

function fn(...candidates: readonly unknown[]): Callback | undefined {
  return candidates.find((candidate) => typeof candidate === 'function') as Callback | undefined;
}

function arrayOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
