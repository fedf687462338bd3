import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { traceAxios } from '@throughline/clients/axios';
import { recordSpans } from '@throughline/testkit';
import axios from 'axios';
import { expect, it } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('a body that is unread when the garbage collector takes what is behind it ends the span as of its headers', async () => {
  const recorder = await recordSpans();
  const server = createServer((_request, response) => void response.end('x'.repeat(8_000_000))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = traceAxios(axios.create({ adapter: 'fetch', responseType: 'stream' }));
  const begunAt = performance.now();
  const response = await client.get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const answeredAfterMs = performance.now() - begunAt;
  await delay(1200); // later than the headers by more than the span may last
  const collecting = setInterval(collectGarbage, 20);
  const span = await recorder.take('GET', 10_000);
  clearInterval(collecting);
  expect(response.status).toBe(200);
  expect(span.durationMs).toBeLessThan(answeredAfterMs + 100);
  server.closeAllConnections();
  server.close();
  recorder.assertEmpty();
  await recorder.stop();
});
