import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_STORED_PROCEDURE_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_LONG_LIVED,
  type DatabaseCall,
  type DatabaseOptions,
  type DatabaseTracing,
} from '@throughline/core/database-client';

/** A command as clients have it: its name, and arguments that may be anything. */
export type Command = { readonly name: string; readonly args: readonly unknown[] };

/** Where the commands of a client go. */
export type Target = {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The path of a Unix socket, instead of a host. */
  readonly path?: string | undefined;
  readonly database?: number | undefined;
};

/** The options of `traceRedis`. */
export type RedisOptions = DatabaseOptions;

const DB_SYSTEM_NAME_VALUE_REDIS = 'redis';
const MAX_TEXT = 4096;
const MAX_ARGUMENT_LENGTH = 128;
const MAX_PLACEHOLDERS = 16;
const MAX_COMMANDS = 64;

const BLOCKING = /^(?:BLPOP|BRPOP|BLMOVE|BLMPOP|BRPOPLPUSH|BZPOPMIN|BZPOPMAX|BZMPOP|WAIT|WAITAOF)$/;
const STREAM_READS = /^(?:XREAD|XREADGROUP)$/;
const SCRIPTS = /^(?:EVALSHA|EVALSHA_RO|FCALL|FCALL_RO)$/;
/** Those whose arguments are credentials, or may be. */
const SECRET = /^(?:AUTH|HELLO|ACL|CONFIG|MIGRATE)$/;
/** Those whose first argument is part of the command. */
const CONTAINERS =
  /^(?:ACL|CLIENT|CLUSTER|COMMAND|CONFIG|FUNCTION|LATENCY|MEMORY|MODULE|OBJECT|PUBSUB|SCRIPT|SLOWLOG|XGROUP|XINFO)$/;

/** Starts the span of one command. */
export function startCommand(
  tracing: DatabaseTracing,
  options: RedisOptions,
  target: Target,
  command: Command,
): DatabaseCall | undefined {
  const name = operationName(command);
  const script = SCRIPTS.test(name) ? String(command.args[0]).slice(0, MAX_ARGUMENT_LENGTH) : undefined;
  return tracing.start(script === undefined ? name : `${name} ${script}`, () => {
    const attributes = attributesOf(target, name);
    if (script !== undefined) attributes[ATTR_DB_STORED_PROCEDURE_NAME] = script;
    if (options.queryText !== 'none') attributes[ATTR_DB_QUERY_TEXT] = commandText(name, command.args, options);
    // Waiting is what it is for.
    if (isBlocking(name, command.args)) attributes[ATTR_LONG_LIVED] = 'blocking';
    return attributes;
  });
}

/** Starts the span of commands that are sent together. */
export function startBatch(
  tracing: DatabaseTracing,
  options: RedisOptions,
  target: Target,
  kind: 'MULTI' | 'PIPELINE',
  commands: readonly Command[],
): DatabaseCall | undefined {
  const [first, ...others] = commands.map(operationName);
  const name = others.every((other) => other === first) ? `${kind} ${first}` : kind;
  return tracing.start(name, () => {
    const attributes = attributesOf(target, name);
    if (others.length > 0) attributes[ATTR_DB_OPERATION_BATCH_SIZE] = commands.length;
    if (options.queryText !== 'none') attributes[ATTR_DB_QUERY_TEXT] = batchText(commands, options);
    return attributes;
  });
}

/** A command in a list of words, as clients send it. */
export function commandOf(words: readonly unknown[]): Command {
  return { name: String(words[0]), args: words.slice(1) };
}

// Redis does not care for case, and clients write as they like.
function operationName({ name }: Command): string {
  return name.slice(0, 64).toUpperCase();
}

function attributesOf({ host, port, path, database }: Target, operation: string): Attributes {
  const attributes: Attributes = {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_REDIS,
    [ATTR_DB_OPERATION_NAME]: operation,
  };
  if (database !== undefined) attributes[ATTR_DB_NAMESPACE] = String(database);
  const address = path ?? host;
  if (address !== undefined) attributes[ATTR_SERVER_ADDRESS] = address;
  if (path === undefined && port !== undefined) attributes[ATTR_SERVER_PORT] = port;
  return attributes;
}

function isBlocking(name: string, args: readonly unknown[]): boolean {
  return (
    BLOCKING.test(name) || (STREAM_READS.test(name) && args.slice(0, 8).some((arg) => /^block$/i.test(String(arg))))
  );
}

function batchText(commands: readonly Command[], options: RedisOptions): string {
  let text = '';
  for (const command of commands.slice(0, MAX_COMMANDS)) {
    if (text.length >= MAX_TEXT) break;
    text += `${text === '' ? '' : '; '}${commandText(operationName(command), command.args, options)}`;
  }
  return text.length > MAX_TEXT || commands.length > MAX_COMMANDS ? `${text.slice(0, MAX_TEXT)}…` : text;
}

// Keys tell who is meant as values do (`session:…`, `user:…`), so all arguments are data.
function commandText(name: string, args: readonly unknown[], { queryText }: RedisOptions): string {
  let text = name;
  const hides = queryText !== 'full' || SECRET.test(name);
  for (const [index, arg] of args.entries()) {
    if (text.length >= MAX_TEXT || (hides && index === MAX_PLACEHOLDERS)) return `${text} …`;
    text += ` ${hides ? placeholder(name, index, arg) : argumentText(arg)}`;
  }
  return text;
}

function placeholder(name: string, index: number, arg: unknown): string {
  return index === 0 && CONTAINERS.test(name) && /^[A-Za-z-]{1,24}$/.test(String(arg)) ? String(arg) : '?';
}

function argumentText(arg: unknown): string {
  if (arg instanceof Uint8Array) return `<${arg.byteLength} bytes>`;
  const text = String(arg);
  return text.length > MAX_ARGUMENT_LENGTH ? `${text.slice(0, MAX_ARGUMENT_LENGTH)}…` : text;
}
