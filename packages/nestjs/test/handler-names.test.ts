import 'reflect-metadata';
import {
  Controller,
  ForbiddenException,
  Get,
  type INestApplication,
  Module,
  type NestApplicationOptions,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

const refusing = {
  canActivate(): boolean {
    throw new ForbiddenException('members only');
  },
};

class Shelf {
  @Get('top')
  top() {
    return 'top';
  }
}

@Controller('books')
class BookController extends Shelf {
  @Get('refused')
  @UseGuards(refusing)
  refused() {}

  @Get('old/:id')
  @Version('1')
  first() {
    return 'first';
  }

  @Get('old/:id')
  @Version('2')
  second() {
    return 'second';
  }
}

@Controller('films')
class FilmController extends Shelf {
  @Get('by/:id')
  byId() {
    return 'film';
  }
}

const platforms: [platform: string, create: () => AbstractHttpAdapter][] = [
  ['express', () => new ExpressAdapter()],
  ['fastify', () => new FastifyAdapter()],
];

describe.each(platforms)('on %s, a span says which handler answers', (_platform, create) => {
  it.each<[how: string, options: NestApplicationOptions]>([
    ['as Nest does unless told otherwise', {}],
    ['where the most specific route comes first', { routeResolutionStrategy: 'specificity' }],
    ['where conflicts are told of', { routeConflictPolicy: { duplicate: 'warn' } }],
  ])('%s', (_how, options) =>
    withApp(create(), options, async (url) => {
      for (const [path, status, route, name] of [
        ['books/top', 200, 'books/top', 'BookController.top'],
        ['films/top', 200, 'films/top', 'FilmController.top'],
        ['books/top', 200, 'books/top', 'BookController.top'],
        ['films/by/7', 200, 'films/by/:id', 'FilmController.byId'],
        ['books/refused', 403, 'books/refused', 'BookController.refused'],
      ] as const) {
        const response = await fetch(`${url}/${path}`);
        await response.text();
        expect(response.status).toBe(status);
        const span = await recorder.take(`GET /${route}`);
        expect(span.attributes['code.function.name']).toBe(name);
      }
    }),
  );

  it('of the versions of a route, the one that was asked for', () =>
    withApp(create(), {}, async (url) => {
      for (const [version, name] of [
        ['2', 'second'],
        ['1', 'first'],
      ] as const) {
        const response = await fetch(`${url}/books/old/1`, { headers: { 'x-version': version } });
        expect(await response.text()).toBe(name);
        const span = await recorder.take('GET /books/old/:id');
        expect(span.attributes['code.function.name']).toBe(`BookController.${name}`);
      }
    }));

  it('and none where there is none', () =>
    withApp(create(), {}, async (url) => {
      for (const [path, span] of [
        ['own', 'GET /own'],
        ['nowhere', 'GET'],
      ] as const) {
        await (await fetch(`${url}/${path}`)).text();
        expect((await recorder.take(span)).attributes).not.toHaveProperty('code.function.name');
      }
    }));
});

async function withApp(
  adapter: AbstractHttpAdapter,
  options: NestApplicationOptions,
  use: (url: string) => Promise<void>,
): Promise<void> {
  class AppModule {}
  Module({ imports: [TracingModule.forRoot()], controllers: [FilmController, BookController] })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, adapter, {
    logger: false,
    forceCloseConnections: true,
    ...options,
  });
  app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
  app.getHttpAdapter().get('/own', function ownHandler(_request: unknown, reply: { send(text: string): void }) {
    reply.send('own');
  });
  await app.listen(0, '127.0.0.1');
  try {
    await use(await app.getUrl());
  } finally {
    await app.close();
  }
}
