import { context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { logFields } from '@throughline/core';
import { XRayPropagator } from '@throughline/propagators';
import type { RecordedSpan } from '@throughline/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import * as attributes from '../src/function-attributes.ts';
import { tracedHandler } from '../src/lambda.ts';
import * as events from './lambda-events.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const lambdaContext = {
  awsRequestId: '8f5a4c1e-request',
  functionName: 'orders',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:orders',
  getRemainingTimeInMillis: () => 30_000,
};

const recorder = useRecorder();
let flushes = 0;
const flush = async () => {
  flushes += 1;
};
const ok = async () => ({ statusCode: 201, headers: { 'content-type': 'text/plain' }, body: 'ok' });

afterEach(() => {
  flushes = 0;
});

async function spanOf(event: object, handler: (event: object) => Promise<unknown> = ok): Promise<RecordedSpan> {
  await tracedHandler(handler, { flush })(event, lambdaContext).catch(() => {});
  return recorder.take(() => true);
}

describe('a request', () => {
  it('of a REST API has a SERVER span with its route and its parent', async () => {
    const span = await spanOf(events.restApi);
    expect(span).toMatchObject({ name: 'GET /orders/{id}', kind: 'SERVER', traceId: TRACE, status: 'UNSET' });
    expect(span.attributes).toMatchObject({
      'http.route': '/orders/{id}',
      'http.request.method': 'GET',
      'http.response.status_code': 201,
      'url.path': '/orders/7',
      'url.scheme': 'https',
      'server.address': 'api.example.com',
      'client.address': '198.51.100.7',
      'user_agent.original': 'curl/8',
      'faas.trigger': 'http',
      'faas.invocation.id': '8f5a4c1e-request',
      'aws.lambda.invoked_arn': lambdaContext.invokedFunctionArn,
      'cloud.account.id': '123456789012',
    });
    expect(span.attributes['url.query']).toBe('page=1&page=2&token=REDACTED');
  });

  it('of an HTTP API has its route and its correlation ID', async () => {
    const span = await spanOf(events.httpApi);
    expect(span).toMatchObject({ name: 'POST /orders/{id}', traceId: TRACE });
    expect(span.attributes).toMatchObject({ 'url.query': 'page=2', 'throughline.request_id': 'order-7' });
  });

  it('of a function URL has no route', async () => {
    const span = await spanOf(events.functionUrl);
    expect(span).toMatchObject({ name: 'POST', traceId: TRACE });
    expect(span.attributes).toMatchObject({ 'url.path': '/any/path' });
    expect(span.attributes).not.toHaveProperty('http.route');
  });

  it('of a load balancer has the client that the balancer saw, and its query as it came', async () => {
    const span = await spanOf(events.loadBalancer);
    expect(span).toMatchObject({ name: 'GET', traceId: TRACE });
    expect(span.attributes).toMatchObject({ 'client.address': '198.51.100.7', 'url.query': 'q=a%20b' });
  });

  it('of a load balancer with multi-value headers is read too, and answered in kind', async () => {
    const result = await tracedHandler(async () => ({ statusCode: 200 }), { flush })(
      events.loadBalancerMultiValue,
      lambdaContext,
    );
    const span = await recorder.take('GET');
    expect(span).toMatchObject({ traceId: TRACE, attributes: { 'url.query': 'q=a&q=b' } });
    const id = span.attributes['throughline.request_id'];
    expect(result).toEqual({ statusCode: 200, multiValueHeaders: { 'x-request-id': [id] } });
  });

  it('gets its correlation ID back, in a copy of what the handler returned', async () => {
    const returned = { statusCode: 200, headers: { etag: '1' } };
    const result = await tracedHandler(async () => returned, { flush })(events.httpApi, lambdaContext);
    expect(result).toEqual({ statusCode: 200, headers: { etag: '1', 'x-request-id': 'order-7' } });
    expect(returned.headers).toEqual({ etag: '1' });
    await recorder.take('POST /orders/{id}');
  });

  it('has its ids in log lines', async () => {
    const handler = async () => ({ statusCode: 200, body: JSON.stringify(logFields()) });
    const result = await tracedHandler(handler, { flush })(events.httpApi, lambdaContext);
    expect(JSON.parse(result.body)).toMatchObject({ trace_id: TRACE, request_id: 'order-7' });
    await recorder.take('POST /orders/{id}');
  });

  it('is answered with 200 by an HTTP API whatever the handler returns, and with 502 by a REST API', async () => {
    const anything = async () => ({ hello: 'world' });
    expect((await spanOf(events.httpApi, anything)).attributes['http.response.status_code']).toBe(200);
    const span = await spanOf(events.restApi, anything);
    expect(span).toMatchObject({ status: 'ERROR', attributes: { 'http.response.status_code': 502 } });
  });

  it('of a stranger is linked to or ignored, as `trust` says', async () => {
    const handler = tracedHandler(ok, { flush, trust: () => 'link' });
    await handler(events.httpApi, lambdaContext);
    const span = await recorder.take('POST /orders/{id}');
    expect(span.traceId).not.toBe(TRACE);
    expect(span.links.map(({ traceId }) => traceId)).toEqual([TRACE]);
  });
});

describe('a batch of SQS', () => {
  it('has a CONSUMER span with a link to the sender of each message', async () => {
    const span = await spanOf(events.sqsBatch, async () => undefined);
    expect(span).toMatchObject({ name: 'process orders', kind: 'CONSUMER', status: 'UNSET' });
    expect(span.links.map(({ traceId }) => traceId)).toEqual(['1'.repeat(32), '2'.repeat(32)]);
    expect(span.attributes).toMatchObject({
      'messaging.system.name': 'aws_sqs',
      'messaging.destination.name': 'orders',
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': 2,
      'faas.trigger': 'pubsub',
    });
  });

  it('is an error where messages are to be delivered again', async () => {
    const partial = async () => ({ batchItemFailures: [{ itemIdentifier: 'message-2' }] });
    const span = await spanOf(events.sqsBatch, partial);
    expect(span).toMatchObject({ status: 'ERROR', statusMessage: '1 of 2 messages failed' });
    expect(span.attributes['error.type']).toBe('batch_item_failures');
  });

  it('is an error where the handler throws', async () => {
    const span = await spanOf(events.sqsBatch, async () => {
      throw new RangeError('too many');
    });
    expect(span).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'RangeError' } });
  });
});

describe('any other event', () => {
  it.each([
    ['EventBridge', events.eventBridge, 'pubsub'],
    ['a schedule', events.schedule, 'timer'],
    ['SNS', events.sns, 'pubsub'],
    ['S3', events.s3, 'datasource'],
    ['nobody documented', { hello: 'world' }, 'other'],
    ['nobody could read', { httpMethod: 5, requestContext: 'x', Records: 'y' }, 'other'],
  ])('of %s has a SERVER span that is named like the function', async (_, event, trigger) => {
    const span = await spanOf(event, async () => context.active() && trace.getActiveSpan()?.spanContext());
    expect(span).toMatchObject({ name: 'orders', kind: 'SERVER', attributes: { 'faas.trigger': trigger } });
  });

  it('that is no object is handled too', async () => {
    const handler = tracedHandler(async (event: string) => event.length, { flush });
    expect(await handler('hello', lambdaContext)).toBe(5);
    await recorder.take('orders');
  });

  it('continues the trace of X-Ray where its propagator is used', async () => {
    propagation.disable();
    propagation.setGlobalPropagator(new XRayPropagator());
    process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
    try {
      const span = await spanOf(events.eventBridge, async () => undefined);
      expect(span).toMatchObject({ traceId: '5759e988bd862e3fe1be46a994272793', parentSpanId: '53995c3f42cd8ad8' });
    } finally {
      delete process.env._X_AMZN_TRACE_ID;
      propagation.disable();
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    }
  });
});

describe('every invocation', () => {
  const all = Object.entries({ ...events });

  it.each(all)('rethrows the same object after it was flushed: %s', async (_, event) => {
    const mistake = { not: 'even an error' };
    const handler = tracedHandler(
      () => {
        throw mistake;
      },
      { flush },
    );
    await expect(handler(event as object, lambdaContext)).rejects.toBe(mistake);
    expect(flushes).toBe(1);
    expect((await recorder.take(() => true)).status).toBe('ERROR');
  });

  it('is flushed after its span has ended, before its result is there', async () => {
    const order: string[] = [];
    const onEnd = () => order.push('end');
    const wait = async () => void order.push('flush');
    await tracedHandler(ok, { flush: wait, onEnd })(events.restApi, lambdaContext);
    expect(order).toEqual(['end', 'flush']);
    await recorder.take('GET /orders/{id}');
  });

  it('waits no longer than allowed for a backend that does not answer, nor beyond its own end', async () => {
    const never = () => new Promise<never>(() => {});
    const handler = tracedHandler(ok, { flush: never, flushTimeoutMs: 20 });
    expect(await handler(events.restApi, lambdaContext)).toMatchObject({ statusCode: 201 });
    const ending = { ...lambdaContext, getRemainingTimeInMillis: () => 120 };
    const patient = tracedHandler(ok, { flush: never, flushTimeoutMs: 1e6 });
    expect(await patient(events.restApi, ending)).toMatchObject({ statusCode: 201 });
    await recorder.take('GET /orders/{id}');
    await recorder.take('GET /orders/{id}');
  });

  it('succeeds although the flush fails', async () => {
    const broken = [
      () => Promise.reject(new Error('down')),
      () => {
        throw new Error('down');
      },
    ];
    for (const flushBadly of broken) {
      await tracedHandler(ok, { flush: flushBadly })(events.restApi, lambdaContext);
      await recorder.take('GET /orders/{id}');
    }
  });

  it('works without the context that Lambda gives', async () => {
    const handler = tracedHandler(ok, { flush }) as (event: object) => Promise<unknown>;
    await handler(events.restApi);
    await recorder.take('GET /orders/{id}');
  });
});

it('only the first invocation of a process is a cold start', async () => {
  vi.resetModules();
  const { tracedHandler: freshly } = await import('../src/lambda.ts');
  for (const expected of [true, false]) {
    await freshly(ok, { flush })(events.restApi, lambdaContext);
    expect((await recorder.take('GET /orders/{id}')).attributes['faas.coldstart']).toBe(expected);
  }
});

it('attributes have the names of the conventions', () => {
  const { invocationAttributes: _, ...names } = attributes;
  expect(conventions).toMatchObject(names);
});

it('refuses a handler without flush, with a callback, and wrong options', () => {
  expect(() => tracedHandler(ok, {} as never)).toThrow('[lambda] Expected `flush` to be a function');
  expect(() => tracedHandler(ok, { flush, flushTimeoutMs: -1 })).toThrow('`flushTimeoutMs` to be a number');
  const old = ((_event: unknown, _context: unknown, _callback: unknown) => {}) as never;
  expect(() => tracedHandler(old, { flush })).toThrow('returns a promise');
  expect(() => tracedHandler(ok, { flush, trust: true } as never)).toThrow(
    '[lambda] Expected `trust` to be a function',
  );
});
