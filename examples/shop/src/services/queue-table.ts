import { setTimeout as delay } from 'node:timers/promises';
import { context, SpanKind } from '@opentelemetry/api';
import { extractContext, injectContext, withSpan } from '@throughline/core';
import pg from 'pg';
import { type Notification, QUEUE_NAME, type Queue } from './queue.ts';

const IDLE_MS = 50;
const TAKE = `
  DELETE FROM job WHERE id IN (SELECT id FROM job ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)
  RETURNING notification, carried`;

type Job = { readonly notification: Notification; readonly carried: object };

/** A table of jobs, which no adapter knows: the trace travels in a column. */
export async function tableQueue(connectionString: string | undefined): Promise<Queue> {
  // Not traced: this is the broker, and who asks it twenty times a second whether there is work is no part of a request.
  const broker = new pg.Pool({ connectionString, max: 2 });
  broker.on('error', () => {});
  return {
    send: (notification) =>
      withSpan(`publish ${QUEUE_NAME}`, { kind: SpanKind.PRODUCER }, async () => {
        const values = [JSON.stringify(notification), JSON.stringify(injectContext())];
        await broker.query('INSERT INTO job (notification, carried) VALUES ($1, $2)', values);
      }),
    async receive(handle) {
      const process = ({ notification, carried }: Job): Promise<void> =>
        context.with(extractContext(carried), () =>
          withSpan(`process ${QUEUE_NAME}`, { kind: SpanKind.CONSUMER }, () => handle(notification)),
        );
      void (async () => {
        for (;;) {
          const { rows } = await broker.query<Job>(TAKE);
          await Promise.allSettled(rows.map(process));
          if (rows.length === 0) await delay(IDLE_MS);
        }
      })();
    },
  };
}
