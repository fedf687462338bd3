import { once } from 'node:events';
import { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { tracing } from '@throughline/express';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import express, { type Express } from 'express';
import { afterEach, beforeEach, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

async function get(app: Express): Promise<Response> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await response.text();
    return response;
  } finally {
    server.close();
    await once(server, 'close');
  }
}

it('what an application puts into the prototype of its responses is called, although tracing is there before', async () => {
  const app = express();
  const { writeHead, emit } = ServerResponse.prototype;
  const events: string[] = [];
  Object.assign(app.response, {
    writeHead(this: ServerResponse, ...args: unknown[]) {
      this.setHeader('x-application', 'here');
      return Reflect.apply(writeHead, this, args);
    },
    emit(this: ServerResponse, ...args: unknown[]) {
      events.push(String(args[0]));
      return Reflect.apply(emit, this, args);
    },
  });
  app.use(tracing()).get('/', (_request, response) => void response.send('ok'));
  const { headers } = await get(app);
  expect(headers.get('x-application')).toBe('here');
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  await recorder.take('GET /');
  expect(events).toEqual(expect.arrayContaining(['finish', 'close']));
});

it('listeners of the application run in the request, whether they came before tracing or after it', async () => {
  const seen: Record<string, string | undefined> = {};
  const note = (what: string) => (): void => {
    seen[what] = trace.getSpanContext(context.active())?.traceId;
  };
  const app = express();
  app.use((_request, response, next) => {
    response.on('finish', note('finish, before')).on('close', note('close, before'));
    next();
  });
  app.use(tracing());
  app.get('/', (_request, response) => {
    response.on('finish', note('finish, after')).on('close', note('close, after'));
    response.send('ok');
  });
  await get(app);
  const { traceId } = await recorder.take('GET /');
  expect(seen).toEqual({
    'finish, before': traceId,
    'finish, after': traceId,
    'close, before': traceId,
    'close, after': traceId,
  });
});
