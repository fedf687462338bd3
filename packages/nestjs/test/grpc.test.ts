import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { Metadata } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientGrpc,
  ClientProxyFactory,
  GrpcMethod,
  type GrpcOptions,
  type MicroserviceOptions,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { context, trace } from '@opentelemetry/api';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { firstValueFrom, type Observable, of, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freeTcpPort } from './free-tcp-port.ts';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

type Order = { id: string };
type Orders = Record<'find' | 'watch', (order: Order, metadata?: Metadata) => Observable<Order>>;

const activeTrace = (): string => trace.getSpanContext(context.active())?.traceId ?? 'none';

@Controller()
class OrderController {
  @GrpcMethod('Orders', 'Find')
  find({ id }: Order): Order {
    if (id === 'none') throw new RpcException({ code: 5, message: 'no such order' });
    return { id: `${id} ${activeTrace()}` };
  }

  @GrpcMethod('Orders', 'Watch')
  watch({ id }: Order): Observable<Order> {
    return of({ id }, { id: activeTrace() });
  }
}

it('a call continues the trace in its metadata', () =>
  withOrders(async (orders) => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${traceId}-b7ad6b7169203331-01`);
    metadata.set('x-request-id', 'r-7');
    expect(await firstValueFrom(orders.find({ id: '7' }, metadata))).toEqual({ id: `7 ${traceId}` });
    const span = await recorder.take('Orders/Find');
    expect([span.kind, span.traceId, span.parentSpanId]).toEqual(['SERVER', traceId, 'b7ad6b7169203331']);
    expect(span.attributes).toMatchObject({
      'rpc.system.name': 'grpc',
      'rpc.method': 'Orders/Find',
      'throughline.request_id': 'r-7',
    });
  }));

it('a stream of answers is one span', () =>
  withOrders(async (orders) => {
    const answers = await firstValueFrom(orders.watch({ id: '7' }).pipe(toArray()));
    const { traceId } = await recorder.take('Orders/Watch');
    expect(answers).toEqual([{ id: '7' }, { id: traceId }]);
  }));

it('what a call fails with is recorded, and the caller gets it', () =>
  withOrders(async (orders) => {
    await expect(firstValueFrom(orders.find({ id: 'none' }))).rejects.toMatchObject({ code: 5 });
    const span = await recorder.take('Orders/Find');
    expect(span.exceptions).toEqual([{ type: 'RpcException', message: 'no such order' }]);
  }));

async function withOrders(use: (orders: Orders) => Promise<void>): Promise<void> {
  const { host, port } = (await freeTcpPort()).options;
  const options: GrpcOptions = {
    transport: Transport.GRPC,
    options: {
      package: 'shop',
      protoPath: fileURLToPath(new URL('orders.proto', import.meta.url)),
      url: `${host}:${port}`,
    },
  };
  class ServiceModule {}
  Module({ imports: [TracingModule.forRoot()], controllers: [OrderController] })(ServiceModule);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(ServiceModule, {
    ...options,
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  const client = ClientProxyFactory.create(options) as unknown as ClientGrpc & { close(): void };
  try {
    await use(client.getService<Orders>('Orders'));
  } finally {
    client.close();
    await app.close();
  }
}
