import { randomUUID } from 'node:crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import * as library from '@nats-io/transport-node';
import { traceConnection, tracedHandler } from '@throughline/messaging/nats';
import type { KitDelivery, MessageSubjectOptions, TracedMessaging } from '@throughline/testkit';

/** Makes what the contract kit sends and consumes by of a traced connection to NATS, whose messages come by an iterator. */
export async function startNats(
  url: string,
  options: MessageSubjectOptions,
  { connect, headers: makeHeaders }: Pick<typeof library, 'connect' | 'headers'> = library,
): Promise<TracedMessaging> {
  const nc = traceConnection(await connect({ servers: url, reconnect: false }), makeHeaders, options);
  const { propagate: _, ...ofHandlers } = options;
  const subject = `kit.${randomUUID()}`;
  const headersOf = (given: Record<string, string> | undefined): { headers?: MsgHdrs } => {
    if (given === undefined) return {};
    const headers = makeHeaders();
    for (const [name, value] of Object.entries(given)) headers.set(name, value);
    return { headers };
  };

  return {
    system: 'nats',
    operation: 'publish',
    destination: subject,
    async send({ body, headers }) {
      nc.publish(subject, body ?? '', headersOf(headers));
      await nc.flush();
    },
    async sendInVain() {
      nc.publish(subject, 'x'.repeat((nc.info?.max_payload ?? 0) + 1));
    },
    async consume(handler) {
      const handle = tracedHandler(async (message: Msg) => {
        const answer = await handler(delivery(message));
        if (message.reply) message.respond(String(answer));
      }, ofHandlers);
      const messages = nc.subscribe(subject);
      await nc.flush();
      void (async () => {
        for await (const message of messages) void handle(message).catch(() => {});
      })();
    },
    async request({ body, headers }) {
      return (await nc.request(subject, body ?? '', { timeout: 20_000, ...headersOf(headers) })).string();
    },
    close: () => nc.close(),
  };
}

function delivery(message: Msg): KitDelivery {
  return { body: message.string(), header: (name) => message.headers?.get(name) || undefined };
}
