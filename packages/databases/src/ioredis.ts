import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@throughline/core';
import type { DatabaseCall, DatabaseTracing } from '@throughline/core/database-client';
import { type Command, type RedisOptions, startBatch, startCommand, type Target } from './redis-command.ts';

type Callback = (error: unknown, result: unknown) => void;
type AnyFunction = (...args: unknown[]) => unknown;

type IoredisCommand = Command & { resolve(value: unknown): void; reject(error: unknown): void };

type Pipeline = {
  readonly isPipeline: true;
  readonly _queue?: readonly Command[];
  sendCommand(command: IoredisCommand): unknown;
  exec(callback?: Callback): Promise<unknown>;
};

/** What is used of a `Redis` or `Cluster` of ioredis. */
export type Ioredis = {
  readonly options: { host?: string; port?: number; path?: string; db?: number; enableAutoPipelining?: boolean };
  readonly status: string;
  readonly condition?: { readonly select?: number } | null;
  sendCommand(command: IoredisCommand, stream?: { isPipeline?: boolean }, node?: unknown): unknown;
  connect: AnyFunction;
  emit: AnyFunction;
  pipeline: AnyFunction;
  multi: AnyFunction;
};

/** What ioredis sends by itself when it has opened a connection, until it says that it is ready. */
const CONNECTION_COMMANDS = new Set(
  'hello auth select client readonly info cluster subscribe psubscribe ssubscribe himport'.split(' '),
);

/** Traces the commands, pipelines and transactions of a client of ioredis. */
export function traceIoredis(redis: Ioredis, tracing: DatabaseTracing, options: RedisOptions): void {
  const { sendCommand, connect, emit, pipeline, multi } = redis;
  const seen = new WeakSet<object>();
  let isReady = redis.status === 'ready';

  /** Starts the span of a command, which ends when the command is answered; each command once. */
  const follow = (command: IoredisCommand): DatabaseCall | undefined => {
    // The first connection is opened before anybody can trace the client, in the context of whoever made the client.
    const isOpening = redis.status === 'connect' || (redis.status === 'ready' && !isReady);
    if (seen.has(command) || (isOpening && CONNECTION_COMMANDS.has(command.name))) return undefined;
    seen.add(command);
    const call = startCommand(tracing, options, targetOf(redis), command);
    if (call !== undefined) endWith(call, command);
    return call;
  };

  Object.assign(redis, {
    // A command comes here again when it has waited for a connection, or lost one.
    sendCommand(...args: Parameters<typeof sendCommand>): unknown {
      const call = args[1]?.isPipeline === true ? undefined : follow(args[0]);
      return call === undefined ? sendCommand.apply(redis, args) : call.run(sendCommand, redis, ...args);
    },
    // What a connection does for itself is nobody's, and it lasts longer than the request that it was opened for.
    connect(...args: unknown[]): unknown {
      const bound = args.map((arg) => (typeof arg === 'function' ? context.bind(context.active(), arg) : arg));
      return context.with(suppressTracing(ROOT_CONTEXT), connect, redis, ...bound);
    },
    emit(...args: unknown[]): unknown {
      if (args[0] === 'ready' || args[0] === 'close') isReady = args[0] === 'ready';
      return context.with(ROOT_CONTEXT, emit, redis, ...args);
    },
    pipeline: (...args: unknown[]): unknown => followBatch('PIPELINE', pipeline.apply(redis, args) as Pipeline),
    multi(...args: unknown[]): unknown {
      const result = multi.apply(redis, args);
      return Object(result).isPipeline === true ? followBatch('MULTI', result as Pipeline) : result;
    },
  });

  function followBatch(kind: 'MULTI' | 'PIPELINE', batch: Pipeline): Pipeline {
    const { exec, sendCommand: add } = batch;
    let executed = false;
    return Object.assign(batch, {
      sendCommand(command: IoredisCommand): unknown {
        if (isAutomatic(redis, batch)) follow(command);
        return add.call(batch, command);
      },
      exec(callback?: Callback): Promise<unknown> {
        if (isAutomatic(redis, batch)) return context.with(suppressTracing(context.active()), exec, batch, callback);
        const commands = (batch._queue ?? []).filter(({ name }) => name !== 'multi' && name !== 'exec');
        // A cluster executes a pipeline again when slots have moved.
        const isFirst = !executed && commands.length > 0;
        executed = true;
        const call = isFirst ? startBatch(tracing, options, targetOf(redis), kind, commands) : undefined;
        return call === undefined ? exec.call(batch, callback) : execute(call, exec, batch, callback);
      },
    });
  }
}

function execute(call: DatabaseCall, exec: Pipeline['exec'], batch: Pipeline, callback?: Callback): Promise<unknown> {
  if (callback !== undefined) {
    return call.run(exec, batch, (error, results) => {
      endBatch(call, error, results);
      context.with(call.context, callback, undefined, error, results);
    });
  }
  return call.run(exec, batch).then(
    (results) => {
      endBatch(call, undefined, results);
      return results;
    },
    (thrown: unknown) => {
      call.fail(thrown);
      throw thrown;
    },
  );
}

// Each result is a pair of an error and a reply.
function endBatch(call: DatabaseCall, error: unknown, results: unknown): void {
  const pairs = Array.isArray(results) ? (results as unknown[]) : [];
  const failure = error ?? pairs.map((pair) => (pair as unknown[] | null)?.[0]).find((each) => each instanceof Error);
  if (failure) call.fail(failure);
  else call.end();
}

function endWith(call: DatabaseCall, command: IoredisCommand): void {
  const { resolve, reject } = command;
  command.resolve = (value) => {
    call.end();
    resolve.call(command, value);
  };
  command.reject = (error) => {
    call.fail(error);
    reject.call(command, error);
  };
}

function targetOf({ options, condition }: Ioredis): Target {
  const { host, port, path, db } = options;
  return { host, port, path, database: condition?.select ?? db };
}

// ioredis marks the pipelines that it fills by itself, with commands of many callers, by a symbol.
function isAutomatic({ options }: Ioredis, batch: Pipeline): boolean {
  if (options.enableAutoPipelining !== true) return false;
  return Object.getOwnPropertySymbols(batch).some(({ description }) => description === 'exec');
}
