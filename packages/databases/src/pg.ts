import { type Attributes, context, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import { createDatabaseTracing, type DatabaseOptions, type DatabaseTracing } from '@throughline/core/database-client';
import type { ClientBase, Pool } from 'pg';
import { postgres } from './pg-errors.ts';
import { tracePoolConnect } from './pg-pool.ts';
import { type Callback, followSubmission, type PgQuery, readQuery, withCallback } from './pg-query.ts';
import { boundText, describeStatement } from './sql-statement.ts';

/** The options of {@link tracePool} and {@link traceClient}. */
export type PgOptions = DatabaseOptions & {
  /**
   * Whether the parameters of queries are put on spans, as `db.query.parameter.0` and so on: the first 32 of them, each
   * with at most 256 characters. They are what people have entered.
   * @default false
   */
  parameters?: boolean;
};

const MAX_PARAMETERS = 32;
const MAX_PARAMETER_LENGTH = 256;
const TRACED = Symbol.for('throughline.traced-pg');

type Query = (this: unknown, ...args: unknown[]) => unknown;
type AnyClient = ClientBase & {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  [TRACED]?: true;
};

/**
 * Traces the queries of a pool of `pg` and of every client it hands out, and what is waited for a connection; returns
 * the pool. A pool that is traced already stays as it is. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const pool = tracePool(new Pool());
 */
export function tracePool<TracedPool extends Pool>(pool: TracedPool, options: PgOptions = {}): TracedPool {
  if (typeof pool?.connect !== 'function' || typeof pool.query !== 'function' || !('totalCount' in pool)) {
    throw new TypeError('[pg] Expected a pool of `pg`. Pass `new Pool()`, or use `traceClient` for a client.');
  }
  const tracing = createTracing(options);
  if (TRACED in pool) return pool;
  tracePoolConnect(pool, tracing, (client) => followClient(client, tracing, options));
  return Object.assign(pool, { [TRACED]: true });
}

/**
 * Traces the queries of a client of `pg` that is in no pool; returns the client. A client that is traced already stays as
 * it is. Throws a `TypeError` for a wrong option.
 */
export function traceClient<Client extends ClientBase>(client: Client, options: PgOptions = {}): Client {
  if (typeof client?.query !== 'function' || typeof client.connect !== 'function' || 'totalCount' in client) {
    throw new TypeError('[pg] Expected a client of `pg`. Pass `new Client()`, or use `tracePool` for a pool.');
  }
  followClient(client, createTracing(options), options);
  return client;
}

function createTracing(options: PgOptions): DatabaseTracing {
  return createDatabaseTracing('pg', postgres, options, {
    parameters: ['a boolean', (value) => typeof value === 'boolean'],
  });
}

function followClient(client: AnyClient, tracing: DatabaseTracing, options: PgOptions): void {
  if (TRACED in client) return;
  const query = client.query as unknown as Query;
  const emit = client.emit;
  Object.assign(client, {
    [TRACED]: true,
    query: (...args: unknown[]): unknown => tracedQuery(client, query, args, tracing, options),
    // Notifications, notices and errors come in on a socket that was opened for some request of long ago.
    emit: (...args: Parameters<typeof emit>): boolean => context.with(ROOT_CONTEXT, emit, client, ...args),
  });
}

function tracedQuery(
  client: AnyClient,
  query: Query,
  args: unknown[],
  tracing: DatabaseTracing,
  options: PgOptions,
): unknown {
  const asked = readQuery(args);
  if (asked === undefined) return query.apply(client, args);
  const { text, name } = asked;
  const statement = text === undefined ? undefined : describeStatement(text);
  const summary = statement?.summary ?? (text === undefined ? name : undefined);
  const call = tracing.start(summary ?? client.database ?? DB_SYSTEM_NAME_VALUE_POSTGRESQL, () =>
    attributesOf(
      client,
      asked,
      summary,
      options.queryText === 'full' ? text && boundText(text) : statement?.text,
      options,
    ),
  );
  if (call === undefined) return query.apply(client, args);

  const { callback, submission } = asked;
  const follower: Callback = function (error, result) {
    if (error) call.fail(error);
    else call.end();
    return context.with(call.context, callback as Callback, this, error, result);
  };
  if (submission !== undefined) {
    followSubmission(
      submission,
      call.context,
      () => call.end(),
      (thrown) => call.fail(thrown),
    );
  }
  const given = callback === undefined || submission !== undefined ? args : withCallback(args, follower);
  let result: unknown;
  try {
    result = call.run(query, client, ...given);
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
  if (callback !== undefined || submission !== undefined) return result;
  return (result as Promise<unknown>).then(
    (rows) => {
      call.end();
      return rows;
    },
    (thrown: unknown) => {
      call.fail(thrown);
      throw thrown;
    },
  );
}

function attributesOf(
  client: AnyClient,
  { values }: PgQuery,
  summary: string | undefined,
  text: string | undefined,
  { queryText, parameters }: PgOptions,
): Attributes {
  const { host, port, database } = client;
  const attributes: Attributes = { [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL };
  if (database !== undefined) attributes[ATTR_DB_NAMESPACE] = database;
  if (summary !== undefined) attributes[ATTR_DB_QUERY_SUMMARY] = summary;
  if (text !== undefined && queryText !== 'none') attributes[ATTR_DB_QUERY_TEXT] = text;
  if (host !== undefined) attributes[ATTR_SERVER_ADDRESS] = host;
  // A path is the address of a Unix socket, and has no port.
  if (port !== undefined && host?.startsWith('/') !== true) attributes[ATTR_SERVER_PORT] = port;
  if (parameters === true && values !== undefined) {
    for (const [index, value] of values.slice(0, MAX_PARAMETERS).entries()) {
      attributes[`db.query.parameter.${index}`] = parameterText(value);
    }
  }
  return attributes;
}

function parameterText(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? '') : String(value);
  return text.slice(0, MAX_PARAMETER_LENGTH);
}
