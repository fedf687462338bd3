import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type CustomTransportStrategy,
  EventPattern,
  KafkaContext,
  MessagePattern,
  MqttContext,
  NatsContext,
  RedisContext,
  RmqContext,
  Server,
} from '@nestjs/microservices';
import { logFields } from '@throughline/core';
import { TracingModule } from '@throughline/nestjs';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const sent = { traceparent: `00-${traceId}-${spanId}-01`, 'x-request-id': 'r-7' };
const bytes = { traceparent: Buffer.from(sent.traceparent), 'x-request-id': [Buffer.from('r-7')] };

/** Metadata with methods, as NATS (a text) and gRPC (a list) have it. */
const asMap = (wrap: (text: string | undefined) => unknown) => ({
  get: (name: string) => wrap((sent as Record<string, string>)[name]),
});

@Controller()
class OrderController {
  @EventPattern('orders.*')
  ordered(_data: unknown): object {
    return logFields();
  }

  @MessagePattern({ service: 'Orders', rpc: 'Find', streaming: 'no_stream' })
  find(): object {
    return logFields();
  }
}

/** Hands a message of any transport to the handlers, with the objects that Nest's servers would make for it. */
class AnyTransport extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap(): never {
    throw new Error('nothing to unwrap');
  }

  async deliver(pattern: string, ...args: unknown[]): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern) as (...args: unknown[]) => Promise<unknown>;
    return firstValueFrom(this.transformToObservable(handler(...args)));
  }
}

it.each([
  ['kafka', new KafkaContext([{ headers: bytes }, 0, 'orders.7', {}, async () => {}, {}] as never)],
  ['rabbitmq', new RmqContext([{ properties: { headers: sent } }, {}, 'orders.7'] as never)],
  ['nats', new NatsContext(['orders.7', asMap((text) => text ?? '')] as never)],
  ['mqtt', new MqttContext(['orders.7', { properties: { userProperties: sent } }] as never)],
  ['redis', new RedisContext(['orders.7', sent] as never)],
])('what travels beside an event of %s continues the trace and the correlation', async (system, messageContext) => {
  const { fields, span } = await delivered('orders.*', {}, messageContext);
  expect([span.traceId, span.parentSpanId]).toEqual([traceId, spanId]);
  expect(fields).toMatchObject({ trace_id: traceId, span_id: span.spanId, request_id: 'r-7' });
  expect([span.name, span.kind]).toEqual(['process orders.*', 'CONSUMER']);
  expect(span.attributes).toMatchObject({
    'messaging.system.name': system,
    'messaging.destination.name': 'orders.7',
    'messaging.destination.template': 'orders.*',
  });
});

it.each([
  ['a call', [{}, asMap((text) => (text === undefined ? [] : [text])), {}]],
  ['a stream', [{ metadata: asMap((text) => (text === undefined ? [] : [text])) }]],
])('%s of gRPC is a SERVER span named by service and method', async (_what, args) => {
  const { fields, span } = await delivered('{"service":"Orders","rpc":"Find","streaming":"no_stream"}', ...args);
  expect([span.name, span.kind, span.parentSpanId]).toEqual(['Orders/Find', 'SERVER', spanId]);
  expect(span.attributes['rpc.system.name']).toBe('grpc');
  expect(fields).toMatchObject({ trace_id: traceId, request_id: 'r-7' });
});

it.each<[what: string, args: unknown[]]>([
  ['no context', [sent]],
  ['data that looks like metadata', [{ metadata: sent }]],
  ['a context without metadata', [{}, new NatsContext(['orders.7', undefined] as never)]],
  ['a context that throws', [{}, { getHeaders: () => fail(), getTopic: () => fail() }]],
  ['metadata that throws', [{}, new NatsContext(['orders.7', { get: () => fail() }] as never)]],
  ['names of prototypes', [{}, new RedisContext(['orders.7', Object.create(sent)] as never)]],
  ['a megabyte', [{}, new RedisContext(['orders.7', { traceparent: 'a'.repeat(1 << 20) }] as never)]],
])('%s starts a trace of its own, and the message is handled', async (_what, args) => {
  const { fields, span } = await delivered('orders.*', ...args);
  expect(span.parentSpanId).toBeUndefined();
  expect(span.exceptions).toEqual([]);
  expect(fields).toMatchObject({ trace_id: span.traceId, span_id: span.spanId });
});

async function delivered(pattern: string, ...args: unknown[]): Promise<{ fields: unknown; span: RecordedSpan }> {
  const strategy = new AnyTransport();
  class ServiceModule {}
  Module({ imports: [TracingModule.forRoot()], controllers: [OrderController] })(ServiceModule);
  const app = await NestFactory.createMicroservice(ServiceModule, { strategy, logger: false, abortOnError: false });
  await app.listen();
  try {
    const fields = await strategy.deliver(pattern, ...args);
    return { fields, span: await recorder.take(() => true) };
  } finally {
    await app.close();
  }
}

function fail(): never {
  throw new Error('unreadable');
}
