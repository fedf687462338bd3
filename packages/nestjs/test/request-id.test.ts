import 'reflect-metadata';
import { Writable } from 'node:stream';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { requestId } from '@throughline/core';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans } from '@throughline/testkit';
import { expect, it } from 'vitest';

@Controller()
class IdController {
  @Get('id')
  id(@Req() request: { id: string }): string {
    return request.id;
  }
}

@Module({ imports: [TracingModule.forRoot()], controllers: [IdController] })
class AppModule {}

it("Fastify's request id under Nest is the correlation ID, also in Fastify's own log lines", async () => {
  const recorder = await recordSpans();
  const ids = new Set<unknown>();
  const stream = new Writable({
    write(line, _encoding, done) {
      const { reqId } = JSON.parse(String(line)) as { reqId?: string };
      if (reqId !== undefined) ids.add(reqId);
      done();
    },
  });
  const adapter = new FastifyAdapter({ logger: { stream }, genReqId: requestId() });
  const app = await NestFactory.create(AppModule, adapter, { logger: false, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  try {
    for (const headers of [{ 'x-request-id': 'r-7' }, { 'x-request-id': 'a=1 level=fatal' }]) {
      const response = await fetch(`${await app.getUrl()}/id`, { headers });
      const id = response.headers.get('x-request-id');
      expect(id).toMatch(/^(r-7|[\da-f]{32})$/);
      expect(await response.text()).toBe(id);
      expect((await recorder.take('GET /id')).attributes['throughline.request_id']).toBe(id);
      expect([...ids]).toEqual([id]);
      ids.clear();
    }
    recorder.assertEmpty();
  } finally {
    await app.close();
    await recorder.stop();
  }
});
