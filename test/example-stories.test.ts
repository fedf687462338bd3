import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decodeOtlpProtobuf, type Span } from '@throughline/analysis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../scripts/free-port.mjs';
import { type Example, startExample } from './example-process.ts';
import { describeWithService } from './service.ts';

// Each story of examples/ as its reader tries it, by the address it prints.

const STRANGER = '0af7651916cd43dd8448eb211c80319c';
const headers = { traceparent: `00-${STRANGER}-b7ad6b7169203331-01`, 'x-request-id': 'hello\tthere' };
const started: Example[] = [];

afterEach(() => {
  // Softly where it has stopped a process of its own, which nobody else would end.
  for (const example of started.splice(0)) example.process.kill(example.name === 'lambda' ? 'SIGTERM' : 'SIGKILL');
});

describe('the example', () => {
  it('existing-opentelemetry has its span in the exporter that was there before', async () => {
    const example = start('existing-opentelemetry');
    const answer = await fetch(await address(example), { headers });
    expect(await answer.json()).toEqual({ order: '7' });
    expect(await example.stop()).toBe(0);
    await example.line(/name: 'GET \/orders\/:id'/);
    await example.line(new RegExp(`traceId: '${STRANGER}'`));
  });

  it('public-edge continues traces of its own services and links those of strangers', async () => {
    const example = start('public-edge');
    const outside = await fetch(await address(example), { headers });
    const { trace_id: ownTrace, request_id: ownId, stock } = (await outside.json()) as Edge;
    expect(ownTrace).not.toBe(STRANGER);
    expect(ownId).toMatch(/^[0-9a-f]{32}$/);
    expect(stock).toMatchObject({ trace_id: ownTrace, request_id: ownId });

    const inside = await fetch((await example.line(/^Try (http\S+) as one of us/))[1] as string, { headers });
    expect(((await inside.json()) as Edge).trace_id).toBe(STRANGER);
    expect(await example.stop()).toBe(0);
  });

  it('bundled has the same routes and spans in one file', async () => {
    const example = start('bundled', 'dist/server.cjs');
    const answer = await fetch(await address(example));
    expect(await answer.json()).toEqual({ cents: 1999 });
    await example.line(/"trace_id":"[0-9a-f]{32}".*order shown/);
    await example.line(/GET \/orders\/:id.*\d ?m?s/);
    await example.line(/GET \/prices\/:id.*\d ?m?s/);
    expect(await example.stop()).toBe(0);
  });

  it('graphql says which operation was asked, and what a resolver threw', async () => {
    const example = start('graphql');
    const [, url = '', body = ''] = await example.line(/^Try curl (\S+) .* -d '(.*)'$/);
    const ask = (text: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
    expect(await (await ask(body)).json()).toEqual({ data: { product: { name: 'teapot', cents: 1999 } } });
    await example.line(/load product.*\d ?m?s/);
    const failed = (await (await ask(body.replace('7', '0'))).json()) as { errors: { message: string }[] };
    expect(failed.errors[0]?.message).toBe('There is no product 0.');
    await example.line(/✗.*load product|load product.*✗/);
    expect(await example.stop()).toBe(0);
  });

  it('lambda answers in the trace of its caller, and says what it could not read', async () => {
    const example = start('lambda', 'local.mjs');
    const { invoke, event } = await functionOf(example);
    const answer = (await (await invoke(event)).json()) as Answer;
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'x-request-id': 'r-7' }, body: '{"product":"teapot"}' });
    await example.line(new RegExp(`^trace ${STRANGER} .* 2 spans`));
    await example.line(/GET \/orders\/\{id\} {2}200/);
    expect(example.logLines()).toMatchObject([{ trace_id: STRANGER, request_id: 'r-7', msg: 'order shown' }]);

    const unknown = await invoke(event.replaceAll('"7"', '"8"'));
    expect(await unknown.json()).toMatchObject({ statusCode: 404 });
    await example.line(/GET \/orders\/\{id\} {2}404/);
    const broken = await invoke('{');
    expect([broken.headers.get('x-amz-function-error'), await broken.json()]).toMatchObject([
      'Unhandled',
      { errorType: 'SyntaxError' },
    ]);
    expect(await example.stop()).toBe(0);
  });

  it('lambda has sent its spans before it is frozen', async () => {
    const received: Span[] = [];
    const collector = createHttpServer(async (request, response) => {
      received.push(...decodeOtlpProtobuf(await buffer(request)));
      response.end();
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const example = start('lambda', 'local.mjs', {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    });
    const { invoke, event } = await functionOf(example);
    for (const spans of [2, 4]) {
      await (await invoke(event)).json();
      expect(received).toHaveLength(spans);
    }
    expect(await example.stop()).toBe(0);
    collector.close();
  });

  it('lambda hands back the messages of a queue that failed, and throws what it cannot read', async () => {
    const example = start('lambda', 'local.mjs', { _HANDLER: 'functions.bill' });
    const { invoke, event } = await functionOf(example);
    const answer = await (await invoke(event)).json();
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2e1424d4-f796-459a-8184-9c92662be6da' }] });
    await example.line(/process orders batch_item_failures ✗/);
    const broken = await invoke(event.replace('"{\\"order\\":\\"7\\"}"', '"no JSON"'));
    expect(await broken.json()).toMatchObject({ errorType: 'SyntaxError' });
    await example.line(/SyntaxError/);
    expect(await example.stop()).toBe(0);
  });

  it('nest-microservices is one trace across TCP', async () => {
    const example = start('nest-microservices', 'dist/server.js', { PRICES_PORT: String(await freePort()) });
    const answer = await fetch(await address(example));
    expect(await answer.json()).toEqual({ order: '7', price: { product: 'teapot', cents: 1999 } });
    await example.line(/GET \/orders\/:id.*\d ?m?s/);
    await example.line(/^shop {4}└─ price.*\d ?m?s/);
    expect(await example.stop()).toBe(0);
  });
});

describeWithService('rabbitmq', 'the example queue-worker', (url) => {
  it('bills in the trace of the order', async () => {
    const worker = start('queue-worker', 'worker.mjs', { RABBITMQ_URL: url });
    await worker.line(/Waiting for orders/);
    const server = start('queue-worker', 'server.mjs', { RABBITMQ_URL: url });
    const answer = await fetch(await address(server), {
      headers: { ...headers, 'x-request-id': 'r-7' },
    });
    expect(answer.status).toBe(202);
    await worker.line(/billed/);
    expect(worker.logLines()[0]).toMatchObject({ trace_id: STRANGER, request_id: 'r-7', order: '7' });
    await worker.line(/process orders.*\d ?m?s/);
    expect([await server.stop(), await worker.stop()]).toEqual([0, 0]);
  });
});

type Answer = { statusCode: number; headers: Record<string, string>; body: string };
type Edge = { trace_id: string; request_id: string; stock: object };

function start(name: string, program = 'server.mjs', variables: Record<string, string> = {}): Example {
  const example = startExample(name, program, variables);
  started.push(example);
  return example;
}

async function functionOf(example: Example) {
  const [, url = '', file = ''] = await example.line(/^Try curl (\S+) -d @(\S+)/);
  const event = readFileSync(new URL(`../examples/lambda/${file}`, import.meta.url), 'utf8');
  return { event, invoke: (body: string): Promise<Response> => fetch(url, { method: 'POST', body }) };
}

async function address(example: Example): Promise<string> {
  return (await example.line(/^Try (http\S+)/))[1] as string;
}
