import 'reflect-metadata';
import { Writable } from 'node:stream';
import { Controller, Get, Module, Logger as NestLogger } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { traceFields } from '@throughline/logs/pino';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans } from '@throughline/testkit';
import { Logger, LoggerModule } from 'nestjs-pino';
import { expect, it } from 'vitest';

@Controller()
class CatController {
  readonly #logger = new NestLogger(CatController.name);

  @Get('cats/:id')
  cat(): string {
    this.#logger.log('found');
    return 'cat';
  }
}

// One stream for all: outside of its own requests, nestjs-pino logs by the first logger of the process.
const lines: Record<string, unknown>[] = [];
const stream = new Writable({
  write(line, _encoding, done) {
    lines.push(JSON.parse(String(line)));
    done();
  },
});

// On Fastify nestjs-pino 5.2.1 logs no requests of its own, with or without tracing.
it.each<[platform: string, create: () => AbstractHttpAdapter, messages: string[]]>([
  ['express', () => new ExpressAdapter(), ['found', 'request completed']],
  ['fastify', () => new FastifyAdapter(), ['found']],
])('lines of nestjs-pino have the ids of their request on %s', async (_platform, create, messages) => {
  const recorder = await recordSpans();
  lines.length = 0;
  class AppModule {}
  Module({
    imports: [TracingModule.forRoot(), LoggerModule.forRoot({ pinoHttp: [{ mixin: traceFields() }, stream] })],
    controllers: [CatController],
  })(AppModule);
  const app = await NestFactory.create(AppModule, create(), { bufferLogs: true, forceCloseConnections: true });
  app.useLogger(app.get(Logger));
  await app.listen(0, '127.0.0.1');
  try {
    const response = await fetch(`${await app.getUrl()}/cats/7`, { headers: { 'x-request-id': 'r-7' } });
    expect(await response.text()).toBe('cat');
    const { traceId, spanId } = await recorder.take('GET /cats/:id');
    const ids = { trace_id: traceId, span_id: spanId, request_id: 'r-7' };
    const ofRequest = lines.filter(({ context, req }) => context === CatController.name || req !== undefined);
    expect(ofRequest).toMatchObject(messages.map((msg) => ({ msg, ...ids })));
    recorder.assertEmpty();
  } finally {
    await app.close();
    await recorder.stop();
  }
});
