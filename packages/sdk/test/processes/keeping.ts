// A service that does what the body of a request asks for. Its options are its first argument; it writes its URL.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracedListener, withSpan } from '@throughline/core';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import type { Plan } from '../kept-services.ts';

const tracing = startTracing(JSON.parse(process.argv[2] ?? '{}') as StartTracingOptions);
const fetch = tracedFetch();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/stats') {
    response.end(JSON.stringify(tracing.stats()));
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const { calls = [], fails } = JSON.parse(body) as Plan;
  for (const { url, ...plan } of calls) {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(plan) });
    await answer.text();
  }
  if (fails === 'before the headers') fail();
  response.writeHead(200, { 'server-timing': 'app;dur=1' });
  response.write('begun');
  if (fails === 'after the headers') setTimeout(fail, 50);
  response.end();
}

// Nobody sees it from outside.
function fail(): void {
  try {
    withSpan('failing', () => {
      throw new Error('swallowed');
    });
  } catch {
    return;
  }
}

const server = createServer(
  tracedListener((request, response) => void serve(request, response), {
    ignore: ({ url }) => url === '/stats',
  }),
);
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', async () => {
  if (process.env.ENDS_WHEN_TOLD !== undefined) lastUntilTold();
  server.close();
  server.closeAllConnections();
  await tracing.shutdown();
});

// The second for which peers are heard may be over on a busy machine before one of them has said anything.
function lastUntilTold(): void {
  const { setTimeout: begin } = globalThis;
  const wait = (end: () => void, milliseconds: number): NodeJS.Timeout => {
    if (milliseconds !== 1000) return begin(end, milliseconds);
    const look = setInterval(() => {
      if (tracing.stats().peers?.kept !== 1) return;
      clearInterval(look);
      end();
    }, 5);
    return look;
  };
  Object.assign(globalThis, { setTimeout: wait });
}
