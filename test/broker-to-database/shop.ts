// The service that a browser calls: it puts orders into a queue.
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { tracing } from '@throughline/express';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type Broker, transports } from './transports.ts';

async function main([options = '{}', broker = '', url = '', name = '']: string[]): Promise<void> {
  startTracing(JSON.parse(options) as StartTracingOptions);
  const queue = await transports[broker as Broker](url, name);
  const app = express().use(tracing());
  app.post('/orders/:id', async (request, response) => {
    const { fails } = request.query;
    await queue.send({ id: Number(request.params.id), fails: fails === 'worker' });
    // By then the worker is through.
    if (fails === 'shop') await delay(1000).then(() => Promise.reject(new Error('too late')));
    response.status(202).json({});
  });
  app.use((_failure: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).json({});
  });
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

void main(process.argv.slice(2));
