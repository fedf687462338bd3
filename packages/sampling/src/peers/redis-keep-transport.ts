import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { BusPatience, busAddress, idOnBus } from './bus-keep-transport.ts';
import type { KeepInbox, KeepTransport } from './keep-transport.ts';

/** A client of ioredis or of node-redis. */
export type RedisClient = {
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(): object;
};

/** What the two have; `status` is ioredis's, `isReady` is node-redis's. */
type Client = {
  readonly status?: string;
  readonly isReady?: boolean;
  readonly isCluster?: boolean;
  readonly stream?: { unref?(): void };
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect?(): Promise<unknown>;
  subscribe(channel: string, listener?: (message: string) => void): Promise<unknown>;
  disconnect(): unknown;
  destroy?(): unknown;
  unref?(): void;
};

const BUS = 'redis';

/**
 * Tells peers of kept traces over Redis, where instances cannot reach each other. Each listens on a channel of its own, on a
 * connection of its own, which is closed with the tracing. While Redis is away nothing waits and nothing is thrown: what could
 * not be told is counted.
 *
 * @example
 * startTracing({ sampling: { ratio: 0.01, keep: {}, peers: { secret, transport: redisKeepTransport(redis) } } });
 */
export function redisKeepTransport(client: RedisClient): KeepTransport {
  if (typeof client?.publish !== 'function' || typeof client.duplicate !== 'function') {
    throw new TypeError('[sampling] Expected a client of Redis. Pass a client of `ioredis` or of `redis`.');
  }
  const patience = new BusPatience();
  const { status, isReady, isCluster } = client as RedisClient & Client;
  const tellsReceivers = (status !== undefined || isReady !== undefined) && isCluster !== true;
  let subscriber: Client | undefined;
  return {
    async open(inbox) {
      const address = busAddress(BUS);
      subscriber = client.duplicate() as Client;
      const subscribed = subscribe(subscriber, channelOf(address), inbox);
      await patience.wait(() => subscribed).catch(warn);
      return address;
    },
    async send(address, message) {
      const channel = channelOf(address);
      // Else it would wait in the application's client, for as long as it takes.
      if (!isConnected(client as RedisClient & Client)) throw new Error('Redis is not connected.');
      const receivers = await patience.wait(() => client.publish(channel, message));
      if (tellsReceivers && receivers === 0) throw new Error('The peer is gone.');
    },
    async close() {
      try {
        if (subscriber?.destroy !== undefined && subscriber.isReady !== undefined) subscriber.destroy();
        else subscriber?.disconnect();
      } catch {
        // It was closed already.
      }
    },
  };
}

function subscribe(subscriber: Client, channel: string, inbox: KeepInbox): Promise<unknown> {
  // Without a listener, an error of it would end the process. It connects again by itself.
  let reported = false;
  subscriber.on('error', (thrown: Error) => {
    if (!reported) warn(thrown);
    reported = true;
  });
  const take = (message: string): void => {
    if (message.length > inbox.maxLength) inbox.refuse();
    else inbox.take(message);
  };
  if (subscriber.status === undefined) return subscribeNodeRedis(subscriber, channel, take);
  subscriber.on('connect', () => subscriber.stream?.unref?.());
  subscriber.on('message', (from: string, message: string) => {
    if (from === channel) take(message);
  });
  return new Promise((resolve, reject) => {
    // Also when the first attempt was given up: it subscribes by itself only what it was subscribed to.
    subscriber.on('ready', () => {
      subscriber.subscribe(channel).then(resolve, reject);
    });
    if (subscriber.status === 'wait') subscriber.connect?.().catch(reject);
  });
}

async function subscribeNodeRedis(
  subscriber: Client,
  channel: string,
  take: (message: string) => void,
): Promise<unknown> {
  subscriber.unref?.();
  await subscriber.connect?.();
  return subscriber.subscribe(channel, take);
}

function isConnected({ status, isReady }: Client): boolean {
  return status === undefined ? isReady !== false : status === 'ready' || status === 'wait';
}

function channelOf(address: string): string {
  return `throughline:keep:${idOnBus(BUS, address)}`;
}

function warn(thrown: unknown): void {
  diag.warn(`[sampling] Peers cannot be heard over Redis for now: ${errorMessage(thrown)}`);
}
