import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@throughline/core';
import type { DatabaseCall, DatabaseTracing } from '@throughline/core/database-client';
import { type Command, commandOf, type RedisOptions, startBatch, startCommand, type Target } from './redis-command.ts';

type AsyncFunction = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type Queued = { readonly args: readonly unknown[] };

/** What is used of a client of node-redis. `_self` is the client itself behind copies with other command options. */
export type NodeRedis = {
  readonly _self?: NodeRedis;
  readonly options?: { database?: number; socket?: { host?: string; port?: number; path?: string } };
  sendCommand: AsyncFunction;
  connect: AsyncFunction;
  MULTI(): { addCommand(this: unknown, ...args: unknown[]): unknown };
  _executeMulti?: AsyncFunction;
  _executePipeline?: AsyncFunction;
  [method: `${string}SUBSCRIBE`]: AsyncFunction | undefined;
};

const SUBSCRIPTIONS = {
  SUBSCRIBE: 'subscribe',
  UNSUBSCRIBE: 'unsubscribe',
  PSUBSCRIBE: 'pSubscribe',
  PUNSUBSCRIBE: 'pUnsubscribe',
  SSUBSCRIBE: 'sSubscribe',
  SUNSUBSCRIBE: 'sUnsubscribe',
} as const;

/** Traces the commands, pipelines, transactions and subscriptions of a client of node-redis. */
export function traceNodeRedis(client: NodeRedis, tracing: DatabaseTracing, options: RedisOptions): void {
  const self = client._self ?? client;
  const { sendCommand, connect, MULTI, _executeMulti, _executePipeline } = self;
  let { database } = self.options ?? {};
  const target = (): Target => {
    const { host = 'localhost', port = 6379, path } = self.options?.socket ?? {};
    return { host, port, path, database: database ?? 0 };
  };
  const startOne = (command: Command) => startCommand(tracing, options, target(), command);
  const batch = (kind: 'MULTI' | 'PIPELINE', execute: AsyncFunction): AsyncFunction =>
    function (...args) {
      const commands = (args[0] as readonly Queued[]).map((queued) => commandOf(queued.args));
      const call = commands.length === 0 ? undefined : startBatch(tracing, options, target(), kind, commands);
      return send(call, execute, this, args);
    };

  const methods: Record<string, AsyncFunction> = {
    sendCommand(...args) {
      const command = commandOf(args[0] as readonly unknown[]);
      const sent = send(startOne(command), sendCommand, this, args);
      if (!/^select$/i.test(command.name)) return sent;
      return sent.then((reply) => {
        database = Number(command.args[0]);
        return reply;
      });
    },
    // What the socket tells, such as messages of a channel, belongs to no request that there was when it was opened.
    connect(...args) {
      return context.with(ROOT_CONTEXT, connect, this, ...args);
    },
  };
  // OpenTelemetry's instrumentation makes a span of each command as it is added.
  const multi = function (this: unknown): unknown {
    const batch = MULTI.call(this);
    const { addCommand } = batch;
    batch.addCommand = function (...args): unknown {
      return context.with(suppressTracing(context.active()), addCommand, this, ...args);
    };
    return batch;
  };
  Object.assign(self, { MULTI: multi, multi });
  if (_executeMulti !== undefined) methods._executeMulti = batch('MULTI', _executeMulti);
  if (_executePipeline !== undefined) methods._executePipeline = batch('PIPELINE', _executePipeline);
  for (const [name, method] of Object.entries(SUBSCRIPTIONS)) {
    const subscribe = self[name as keyof typeof SUBSCRIPTIONS];
    if (subscribe === undefined) continue;
    methods[name] = methods[method] = function (...args) {
      return send(startOne({ name, args: [args[0] ?? []].flat() }), subscribe, this, args);
    };
  }
  Object.assign(self, methods);
}

function send(call: DatabaseCall | undefined, run: AsyncFunction, self: unknown, args: unknown[]): Promise<unknown> {
  if (call === undefined) return run.apply(self, args);
  let sent: Promise<unknown>;
  try {
    sent = call.run(run.bind(self), self, ...args);
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
  return sent.then(
    (reply) => {
      // A transaction answers with the replies of its commands, errors among them.
      const failure = Array.isArray(reply) ? reply.find((each) => each instanceof Error) : undefined;
      if (failure === undefined) call.end();
      else call.fail(failure);
      return reply;
    },
    (thrown: unknown) => {
      call.fail(thrown);
      throw thrown;
    },
  );
}
