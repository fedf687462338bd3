import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** A Nest application on this platform; decorators are applied by hand, as a compiler would. */
export async function startNest(adapter, { nestModule, withSpan = (_name, run) => run(), log = () => {}, call }, hook) {
  class Controllers {
    hello() {
      return { hello: 'world' };
    }
    spans() {
      return withSpan('a', () => withSpan('b', () => withSpan('c', async () => ({ hello: 'world' }))));
    }
    log() {
      log();
      return { hello: 'world' };
    }
    async call() {
      return { hello: await call() };
    }
  }
  for (const route of ['hello', 'spans', 'log', 'call']) {
    Get(route)(Controllers.prototype, route, Object.getOwnPropertyDescriptor(Controllers.prototype, route));
  }
  Controller()(Controllers);
  class Application {}
  Module({ imports: nestModule === undefined ? [] : [nestModule], controllers: [Controllers] })(Application);
  const app = await NestFactory.create(Application, adapter, { logger: false, abortOnError: false });
  hook(app);
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}
