import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/express';
import { keepTrace } from '@throughline/sdk';
import express, { type Express } from 'express';

export type Running = { readonly url: string; close(): Promise<void> };

/** An application on Express with a route of each kind. */
export function createShop(): Express {
  const app = express();
  app.set('env', 'test'); // keeps Express from logging the errors that tests cause
  app.use(tracing({ ignore: (request) => request.url === '/health' }));
  app.get('/items/:id', (_request, response) => void response.send('an item'));
  app.get('/keep/:id', (_request, response) => {
    keepTrace();
    response.send('kept');
  });
  app.get('/health', (_request, response) => void response.send('well'));
  app.get('/fail', () => {
    throw new RangeError('on purpose');
  });
  app.get('/hang', () => {});
  app.get('/events', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
  });
  return app;
}

/** Listens on a free port. */
export async function listen(app: { listen(port: number, host: string): Server }): Promise<Running> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends a request and reads the answer. */
export async function get(url: string, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text() };
}
