import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { BusPatience, busAddress, idOnBus } from './bus-keep-transport.ts';
import type { KeepTransport } from './keep-transport.ts';

/** A connection of `nats` 2 or of `@nats-io/transport-node` 3. */
export type NatsConnection = {
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { callback: (error: unknown, message: { readonly data: Uint8Array }) => void },
  ): { unsubscribe(): void };
  flush(): Promise<void>;
};

const BUS = 'nats';

/**
 * Tells peers of kept traces over NATS, where instances cannot reach each other. Each listens on a subject of its own,
 * `throughline.keep.<id>`, on the application's connection. While NATS is away nothing is thrown and little waits: what could
 * not be told is counted.
 *
 * @example
 * startTracing({ sampling: { ratio: 0.01, keep: {}, peers: { secret, transport: natsKeepTransport(nats) } } });
 */
export function natsKeepTransport(connection: NatsConnection): KeepTransport {
  if (typeof connection?.publish !== 'function' || typeof connection.subscribe !== 'function') {
    throw new TypeError('[sampling] Expected a connection of NATS. Pass what `connect()` of `nats` resolves with.');
  }
  const patience = new BusPatience();
  let subscription: { unsubscribe(): void } | undefined;
  return {
    async open(inbox) {
      const address = busAddress(BUS);
      subscription = connection.subscribe(subjectOf(address), {
        callback(error, message) {
          if (error !== null && error !== undefined) return;
          if (message.data.length > inbox.maxLength) inbox.refuse();
          else inbox.take(Buffer.from(message.data).toString('latin1'));
        },
      });
      await patience.wait(() => connection.flush()).catch(warn);
      return address;
    },
    async send(address, message) {
      const subject = subjectOf(address);
      await patience.wait(() => {
        connection.publish(subject, Buffer.from(message, 'latin1'));
        return connection.flush();
      });
    },
    async close() {
      try {
        subscription?.unsubscribe();
      } catch {
        // The connection was closed first.
      }
    },
  };
}

function subjectOf(address: string): string {
  return `throughline.keep.${idOnBus(BUS, address)}`;
}

function warn(thrown: unknown): void {
  diag.warn(`[sampling] Peers cannot be heard over NATS for now: ${errorMessage(thrown)}`);
}
