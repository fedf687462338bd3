import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import { httpKeepTransport } from './http-keep-transport.ts';
import type { KeepTransport } from './keep-transport.ts';

/** How instances that share a secret keep traces whole together. */
export type PeerOptions = {
  /**
   * What all peers know, at least 16 characters. To replace it, give `[new, old]` everywhere, then `[new]`: the first one
   * signs, all verify. Tracing does not start with `undefined`, which a variable has that is not set.
   */
  secret: string | readonly string[] | undefined;
  /**
   * Whether instances tell each other of kept traces besides what responses say. Without it only callers are told, and only
   * if a trace is kept before the response headers leave.
   * @default true
   */
  push?: boolean;
  /**
   * How instances reach each other, such as `redisKeepTransport(client)` where they cannot directly.
   * @default HTTP from one to the other
   */
  transport?: KeepTransport;
  /**
   * The address to listen at for peers; to be reached from other machines, `'0.0.0.0'` or one of this machine's.
   * @default '127.0.0.1'
   */
  host?: string;
  /**
   * The port to listen at for peers.
   * @default any that is free
   */
  port?: number;
  /**
   * How peers reach this instance, as `host:port`, where that is not how it listens.
   * @default what it listens at; for all addresses, the first one that is not of the machine alone
   */
  advertise?: string;
};

/** What the options come to. */
export type PeerSettings = {
  readonly secrets: string | readonly string[];
  /** None, where only responses tell. */
  readonly transport: KeepTransport | undefined;
  /** A clock in milliseconds since 1970. */
  readonly now: () => number;
};

const MIN_SECRET_LENGTH = 16;

const checks: OptionChecks<PeerOptions> = {
  secret: [
    `a text of at least ${MIN_SECRET_LENGTH} characters, or an array of such (from your secret store)`,
    areSecrets,
  ],
  push: ['true or false', (value) => typeof value === 'boolean'],
  transport: ['a KeepTransport (an object with `open`, `send` and `close`)', isTransport],
  host: ['an address to listen at', (value) => typeof value === 'string' && value !== ''],
  port: ['a port from 0 to 65535', (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535],
  advertise: [
    'the host and port at which peers reach this instance, such as `10.0.0.7:4320`',
    (value) => typeof value === 'string' && /^[\w.:[\]-]{1,120}:\d{1,5}$/.test(value),
  ],
};

/** Checks and reads the options. Throws a `TypeError` that names the first which is unknown or malformed, never a secret. */
export function readPeerOptions(options: PeerOptions): PeerSettings {
  const { secret, ...others } = options;
  // Without the secret: what is wrong with an option may be shown.
  checkOptions('sampling', others, checks, 'peers.');
  if (secret === undefined || secret === '') {
    throw new TypeError(
      '[sampling] `peers.secret` is missing. Give all services the same text of at least 16 characters; if it comes from a variable of the environment, set that.',
    );
  }
  if (!areSecrets(secret)) {
    throw new TypeError(`[sampling] Expected \`peers.secret\` to be ${checks.secret[0]}.`);
  }
  const { push = true, transport, ...listening } = others;
  if (transport !== undefined && Object.keys(listening).length > 0) {
    throw new TypeError(
      '[sampling] `peers.host`, `peers.port` and `peers.advertise` are for HTTP. Remove them, or `peers.transport`.',
    );
  }
  return {
    secrets: secret,
    transport: push ? (transport ?? httpKeepTransport(listening)) : undefined,
    now: Date.now,
  };
}

function areSecrets(value: unknown): value is string | readonly string[] {
  const secrets: unknown[] = Array.isArray(value) ? value : [value];
  return (
    secrets.length > 0 && secrets.every((secret) => typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH)
  );
}

function isTransport(value: unknown): boolean {
  if (!is.object[1](value)) return false;
  const { open, send, close } = value as Record<string, unknown>;
  return [open, send, close].every((method) => typeof method === 'function');
}
