// Needs RabbitMQ at RABBITMQ_URL. Start `pnpm worker` in one terminal and `pnpm start` in another, and open the address it prints.
import { once } from 'node:events';
import { tracing } from '@throughline/express';
import { traceChannel } from '@throughline/messaging/amqplib';
import { startTracing } from '@throughline/sdk';
import { connect } from 'amqplib';
import express from 'express';

startTracing({ serviceName: 'orders', exporter: 'console' });
const connection = await connect(process.env.RABBITMQ_URL ?? 'amqp://localhost');
const channel = traceChannel(await connection.createConfirmChannel());
await channel.assertQueue('orders', { durable: false });

const app = express();
app.use(tracing());
app.get('/orders/:id', async (request, response) => {
  // The trace and the request's id travel in the headers of the message.
  channel.sendToQueue('orders', Buffer.from(request.params.id));
  await channel.waitForConfirms();
  response.status(202).json({ order: request.params.id });
});

const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
console.log(`Try http://localhost:${port}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => connection.close()));
