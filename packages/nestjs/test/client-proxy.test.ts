import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, type MicroserviceOptions } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { withSpan } from '@throughline/core';
import { TracingModule, traceClientProxy } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freeTcpPort } from './free-tcp-port.ts';
import { answer, SumController, seen, withService } from './message-service.ts';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

it('a traced client makes a CLIENT span of a request, and the handler continues its trace', () =>
  withService(async (plain) => {
    const client = traceClientProxy(plain);
    const fields = await withSpan('caller', () => answer(client, { cmd: 'where', v: 1 }));
    const caller = await recorder.take('caller');
    const call = await recorder.take(({ kind }) => kind === 'CLIENT');
    const server = await recorder.take(({ kind }) => kind === 'SERVER');
    expect([call.name, call.parentSpanId, server.parentSpanId]).toEqual([server.name, caller.spanId, call.spanId]);
    expect(fields).toMatchObject({ trace_id: caller.traceId, span_id: server.spanId });
    expect(call.attributes).toEqual({ 'rpc.system.name': 'nestjs', 'rpc.method': call.name });
  }));

it('a traced client makes a PRODUCER span of an event, which leaves though nobody subscribes', () =>
  withService(async (plain) => {
    const client = traceClientProxy(plain);
    const happened = firstValueFrom(seen);
    client.emit('happened', 8);
    expect(((await happened) as unknown[])[0]).toBe(8);
    const producer = await recorder.take('send happened');
    const consumer = await recorder.take('process happened');
    expect([producer.kind, consumer.parentSpanId]).toEqual(['PRODUCER', producer.spanId]);
  }));

it('a traced client records what the other side refuses, and passes it on', () =>
  withService(async (plain) => {
    const client = traceClientProxy(plain);
    await expect(answer(client, 'broken')).rejects.toMatchObject({ status: 'error' });
    const call = await recorder.take(({ kind }) => kind === 'CLIENT');
    expect([call.status, call.statusMessage]).toEqual(['ERROR', 'Internal server error']);
    await recorder.take(({ kind }) => kind === 'SERVER');
  }));

it('each subscription to a request is a call of its own, and concurrent ones never mix', () =>
  withService(async (plain) => {
    const client = traceClientProxy(traceClientProxy(plain));
    const request = client.send({ cmd: 'where', v: 1 }, {});
    const answers = await Promise.all(Array.from({ length: 50 }, () => firstValueFrom(request)));
    const calls = await Promise.all(answers.map(() => recorder.take(({ kind }) => kind === 'CLIENT')));
    const servers = await Promise.all(answers.map(() => recorder.take(({ kind }) => kind === 'SERVER')));
    expect(servers.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(calls.map(({ spanId }) => spanId).sort());
  }));

it('a dispatch hook of the application still runs, and keeps what it adds', () =>
  withService(async (plain) => {
    const packets: { metadata?: Record<string, unknown> }[] = [];
    plain.setOnDispatchHook((packet) => {
      packet.metadata = { tenant: 'a' };
      packets.push(packet);
    });
    await answer(traceClientProxy(plain), 'sum', [1]);
    expect(packets[0]?.metadata).toEqual({ tenant: 'a', traceparent: expect.any(String) });
    await recorder.take(({ kind }) => kind === 'CLIENT');
    await recorder.take(({ kind }) => kind === 'SERVER');
  }));

it('what is no client is refused at once', () => {
  expect(() => traceClientProxy(undefined as never)).toThrow('[nestjs] Expected `client` to be a ClientProxy');
  expect(() => traceClientProxy({ send() {} })).toThrow('[nestjs] Expected `client` to be a ClientProxy');
});

it('a hybrid application traces its requests and its messages, and the correlation ID goes along', async () => {
  const options = await freeTcpPort();
  const client = traceClientProxy(ClientProxyFactory.create(options));
  @Controller()
  class EdgeController {
    @Get('edge')
    async edge(): Promise<unknown> {
      return answer(client, { cmd: 'where', v: 1 });
    }
  }
  class HybridModule {}
  Module({ imports: [TracingModule.forRoot()], controllers: [EdgeController, SumController] })(HybridModule);
  const app = await NestFactory.create(HybridModule, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  try {
    const headers = { 'x-request-id': 'r-7', baggage: 'tenant=a' };
    const fields = await (await fetch(`${await app.getUrl()}/edge`, { headers })).json();
    const edge = await recorder.take('GET /edge');
    await recorder.take(({ kind }) => kind === 'CLIENT');
    const server = await recorder.take('{"cmd":"where","v":1}');
    expect(fields).toEqual({
      trace_id: edge.traceId,
      span_id: server.spanId,
      trace_flags: '01',
      request_id: 'r-7',
      tenant: 'a',
    });
  } finally {
    client.close();
    await app.close();
  }
});

it('an ignored request tells the handler that it is not sampled', () =>
  withService(async (plain) => {
    const client = traceClientProxy(plain);
    const app = await NestFactory.create(
      edgeModule(() => answer(client, { cmd: 'where', v: 1 })),
      new ExpressAdapter(),
      { logger: false, abortOnError: false, forceCloseConnections: true },
    );
    await app.listen(0, '127.0.0.1');
    const fields = await (await fetch(`${await app.getUrl()}/edge`)).json();
    expect(fields).toMatchObject({ trace_flags: '00' });
    await app.close();
  }));

it('a request that nobody waits for any more ends its span', () =>
  withService(async (plain) => {
    const client = traceClientProxy(plain);
    const waiting = client.send('sum', [1]).subscribe();
    waiting.unsubscribe();
    const call = await recorder.take(({ kind }) => kind === 'CLIENT');
    expect(call.status).toBe('UNSET');
  }));

function edgeModule(answerEdge: () => Promise<unknown>): new () => object {
  @Controller()
  class EdgeController {
    @Get('edge')
    edge(): Promise<unknown> {
      return answerEdge();
    }
  }
  class EdgeModule {}
  Module({ imports: [TracingModule.forRoot({ ignore: () => true })], controllers: [EdgeController] })(EdgeModule);
  return EdgeModule;
}
