import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/express';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterAll(() => recorder.stop());

it('names nested routes', async () => {
  const app = express();
  app.use(tracing());
  const router = express.Router();
  router.get('/items/:id', (_req, res) => void res.send('x'));
  app.use('/tenants/:tenant', router);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const r = await fetch(`${url}/tenants/7/items/9?token=abc&x=1`);
  await r.text();
  const span = await recorder.take('GET /tenants/:tenant/items/:id');
  console.log(span, r.headers);
  await (await fetch(`${url}/tenants/7/nope`)).text();
  await recorder.take('GET');
  recorder.assertEmpty();
  expect(1).toBe(1);
  server.close();
});
