import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/express';
import { traceFormat } from '@throughline/logs/winston';
import { startTracing } from '@throughline/sdk';
import express, { type NextFunction, type Request, type Response } from 'express';
import winston from 'winston';
import { announce } from './announce.ts';
import { sampling } from './sampling.ts';

const { PORT = '0' } = process.env;

startTracing({ serviceName: 'payment', sampling });
const { combine, json, timestamp } = winston.format;
const logger = winston.createLogger({
  format: combine(traceFormat(), timestamp(), json()),
  transports: [new winston.transports.Console()],
});

const app = express();
app.use(tracing({ ignore: (request) => request.url === '/health' }));
app.use(express.json());

app.get('/health', (_request, response) => {
  response.send('ok');
});

let payments = 0;

app.post('/payments', async (request, response) => {
  payments += 1;
  const payment = payments;
  const { cents } = request.body as { cents: number };
  // One fraud check in a hundred takes its time.
  await withSpan('check fraud', () => delay(payment % 100 === 25 ? 800 : 2));
  const id = await withSpan('charge card', (span) => {
    span.setAttribute('payment.cents', cents);
    return chargeCard(payment);
  });
  logger.info('card charged', { cents });
  response.status(201).json({ id });
});

// Two payments in a hundred fail.
async function chargeCard(payment: number): Promise<string> {
  await delay(4);
  if (payment % 50 === 10) throw new Error('the bank refused the connection');
  return randomUUID();
}

app.use((failure: Error, _request: Request, response: Response, _next: NextFunction) => {
  logger.error('payment failed', { reason: failure.message });
  response.status(503).json({ error: failure.message });
});

announce(app.listen(Number(PORT), '127.0.0.1'));
