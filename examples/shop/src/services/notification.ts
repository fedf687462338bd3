import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import pino from 'pino';
import { announce } from './announce.ts';
import { pool } from './database.ts';
import { openQueue } from './queue.ts';
import { sampling } from './sampling.ts';

const { PORT = '0' } = process.env;

startTracing({ serviceName: 'notification', sampling });
const logger = pino({ name: 'notification', mixin: traceFields() });
const queue = await openQueue();

let notifications = 0;

await queue.receive(async ({ productId, text }) => {
  notifications += 1;
  const notification = notifications;
  await pool.query('INSERT INTO notification (product, text) VALUES ($1, $2)', [productId, text]);
  try {
    await withSpan('send mail', () => sendMail(notification));
    logger.info({ text }, 'notified');
  } catch (thrown) {
    logger.error({ reason: String(thrown) }, 'not notified');
    throw thrown;
  }
});

// Three mails in a hundred fail. The customer has the answer by then.
async function sendMail(notification: number): Promise<void> {
  await delay(3);
  if (notification % 33 === 5) throw new Error('the mail server is busy');
}

const health = createServer((_request, response) => response.end('ok'));
announce(health.listen(Number(PORT), '127.0.0.1'));
