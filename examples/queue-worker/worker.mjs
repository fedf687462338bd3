import { setTimeout as delay } from 'node:timers/promises';
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { traceChannel } from '@throughline/messaging/amqplib';
import { startTracing } from '@throughline/sdk';
import { connect } from 'amqplib';
import pino from 'pino';

startTracing({ serviceName: 'billing', exporter: 'console' });
const logger = pino({ mixin: traceFields() });
const connection = await connect(process.env.RABBITMQ_URL ?? 'amqp://localhost');
const channel = traceChannel(await connection.createChannel());
await channel.assertQueue('orders', { durable: false });

await channel.consume('orders', async (message) => {
  if (message === null) return;
  // In the span `process orders`, in the trace of the request that sent the order.
  await withSpan('bill', () => delay(5));
  logger.info({ order: message.content.toString() }, 'billed');
  channel.ack(message);
});
console.log('Waiting for orders');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.close());
