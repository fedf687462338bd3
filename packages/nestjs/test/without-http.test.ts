import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
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

@Controller()
class SumController {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((total, n) => total + n, 0);
  }

  @MessagePattern('broken')
  broken(): never {
    throw new RangeError('broken');
  }

  @Get('items/:id')
  item(): string {
    return 'ok';
  }
}

@Module({ imports: [TracingModule.forRoot()], controllers: [SumController] })
class AppModule {}

it('an application context without HTTP starts and stops', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await app.close();
});

it('a microservice answers as without tracing', async () => {
  const options = await tcp();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    ...options,
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  const client = ClientProxyFactory.create(options);
  try {
    await expectAnswers(client);
  } finally {
    client.close();
    await app.close();
  }
});

it('a hybrid application traces its requests and answers its messages', async () => {
  const options = await tcp();
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const client = ClientProxyFactory.create(options);
  try {
    await expectAnswers(client);
    expect(await (await fetch(`${await app.getUrl()}/items/1`)).text()).toBe('ok');
    await recorder.take('GET /items/:id');
  } finally {
    client.close();
    await app.close();
  }
});

async function expectAnswers(client: ClientProxy): Promise<void> {
  expect(await firstValueFrom(client.send('sum', [1, 2, 3]))).toBe(6);
  await expect(firstValueFrom(client.send('broken', {}))).rejects.toMatchObject({ status: 'error' });
}

async function tcp(): Promise<{ transport: Transport.TCP; options: { host: string; port: number } }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}
