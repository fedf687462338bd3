import 'reflect-metadata';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  ForbiddenException,
  Get,
  Header,
  type INestApplication,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Scope,
  Sse,
  StreamableFile,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  Version,
  VersioningType,
} from '@nestjs/common';
import { type AbstractHttpAdapter, APP_FILTER, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { context, trace } from '@opentelemetry/api';
import { Span, TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { of, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const activeTrace = (): string => trace.getSpanContext(context.active())?.traceId ?? 'none';

@Injectable({ scope: Scope.REQUEST })
class Basket {
  readonly madeIn = activeTrace();
}

class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('members only');
  }
}

class BrokenGuard implements CanActivate {
  canActivate(): boolean {
    throw new RangeError('broken guard');
  }
}

class BrokenInterceptor implements NestInterceptor {
  intercept() {
    return throwError(() => new RangeError('broken interceptor'));
  }
}

@Catch()
class TeapotFilter implements ExceptionFilter {
  catch(_thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse();
    (reply.raw ?? reply).writeHead(418).end('teapot');
    reply.hijack?.();
  }
}

@Controller('cats')
class CatController {
  readonly #basket: Basket;

  constructor(@Inject(Basket) basket: Basket) {
    this.#basket = basket;
  }

  @Get('scoped/:id')
  scoped() {
    return `${this.#basket.madeIn} ${activeTrace()}`;
  }

  @Get('refused/:id')
  @UseGuards(RefusingGuard)
  refused() {}

  @Get('guarded/:id')
  @UseGuards(BrokenGuard)
  guarded() {}

  @Get('intercepted/:id')
  @UseInterceptors(BrokenInterceptor)
  intercepted() {}

  @Get('piped/:id')
  piped(@Param('id', ParseIntPipe) id: number) {
    return id;
  }

  @Get('filtered/:id')
  @UseFilters(TeapotFilter)
  filtered() {
    throw new RangeError('broken');
  }

  @Sse('events')
  events() {
    return of({ data: 'one' }, { data: 'two' });
  }

  @Get('file')
  file() {
    return new StreamableFile(Buffer.from('contents'));
  }

  @Span()
  @Get('decorated/:id')
  @Header('x-shelf', 'B7')
  decorated(@Param('id') id: string) {
    return `cat ${id}`;
  }

  @Get('versioned/:id')
  @Version('2')
  versioned() {
    return 'two';
  }
}

describe.each<[platform: string, create: () => AbstractHttpAdapter]>([
  ['express', () => new ExpressAdapter()],
  ['fastify', () => new FastifyAdapter()],
])('on %s', (_platform, create) => {
  const withApp = (
    use: (url: string) => Promise<void>,
    setUp: (app: INestApplication) => void = () => {},
    extra: Partial<DynamicModule> = {},
  ): Promise<void> => withNest(create(), use, setUp, extra);

  it('the route has the global prefix and the version', () =>
    withApp(
      async (url) => {
        expect(await text(`${url}/api/v2/cats/versioned/1`)).toBe('two');
        const span = await recorder.take('GET /api/v2/cats/versioned/:id');
        expect(span.attributes['code.function.name']).toBe('CatController.versioned');
      },
      (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
    ));

  it('the route of a version in a header has no version', () =>
    withApp(
      async (url) => {
        expect(await text(`${url}/cats/versioned/1`, { 'x-version': '2' })).toBe('two');
        await recorder.take('GET /cats/versioned/:id');
      },
      (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    ));

  it('request-scoped providers are made in the context', () =>
    withApp(async (url) => {
      const body = await text(`${url}/cats/scoped/1`);
      const { traceId } = await recorder.take('GET /cats/scoped/:id');
      expect(body).toBe(`${traceId} ${traceId}`);
    }));

  it.each([
    ['an HTTP exception of a guard', 'refused', 403, 'UNSET', 'ForbiddenException'],
    ['any exception of a guard', 'guarded', 500, 'ERROR', 'RangeError'],
    ['an exception of an interceptor', 'intercepted', 500, 'ERROR', 'RangeError'],
    ['an exception of a pipe', 'piped', 400, 'UNSET', 'BadRequestException'],
    ["an exception that the application's own filter answers", 'filtered', 418, 'UNSET', 'RangeError'],
  ])('%s is recorded once, and judged by the answer', (_what, path, status, outcome, type) =>
    withApp(async (url) => {
      expect((await fetch(`${url}/cats/${path}/x`)).status).toBe(status);
      const span = await recorder.take(`GET /cats/${path}/:id`);
      expect(span.attributes['http.response.status_code']).toBe(status);
      expect(span.exceptions.map((exception) => exception.type)).toEqual([type]);
      expect(span.status).toBe(outcome);
      expect(span.attributes['error.type']).toBe(outcome === 'ERROR' ? type : undefined);
    }),
  );

  it('a catch-all filter of the application still has the last word, and what it answers is recorded', () =>
    withApp(
      async (url) => {
        expect((await fetch(`${url}/cats/guarded/1`)).status).toBe(418);
        const span = await recorder.take('GET /cats/guarded/:id');
        expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken guard' }]);
        expect(span.status).toBe('UNSET');
      },
      undefined,
      { providers: [{ provide: APP_FILTER, useClass: TeapotFilter }] },
    ));

  it('a catch-all filter of `useGlobalFilters` still has the last word, and what it answers is recorded', () =>
    withApp(
      async (url) => {
        for (const path of ['guarded', 'filtered', 'intercepted']) {
          expect((await fetch(`${url}/cats/${path}/1`)).status).toBe(418);
          const span = await recorder.take(`GET /cats/${path}/:id`);
          expect(span.exceptions.length).toBe(1);
          expect(span.status).toBe('UNSET');
        }
      },
      (app) => app.useGlobalFilters(new TeapotFilter()),
    ));

  it('a stream of events is marked as long-lived', () =>
    withApp(async (url) => {
      expect(await text(`${url}/cats/events`)).toContain('data: two');
      const span = await recorder.take('GET /cats/events');
      expect(span.attributes['throughline.long_lived']).toBe('sse');
      expect(span.status).toBe('UNSET');
    }));

  it('a streamed file is an exchange like any other', () =>
    withApp(async (url) => {
      expect(await text(`${url}/cats/file`)).toBe('contents');
      expect((await recorder.take('GET /cats/file')).status).toBe('UNSET');
    }));

  it('middleware of the consumer runs in the context, and its error is recorded', async () => {
    const seen: string[] = [];
    class ConfiguredModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer
          .apply((request: { originalUrl: string }, _response: unknown, next: (error?: Error) => void) => {
            seen.push(activeTrace());
            next(request.originalUrl.endsWith('broken') ? new RangeError('broken middleware') : undefined);
          })
          .forRoutes(CatController);
      }
    }
    Module({})(ConfiguredModule);
    await withApp(
      async (url) => {
        await text(`${url}/cats/file`);
        const { traceId } = await recorder.take('GET /cats/file');
        expect(seen).toEqual([traceId]);
        expect((await fetch(`${url}/cats/piped/broken`)).status).toBe(500);
        const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
        expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken middleware' }]);
      },
      undefined,
      { imports: [ConfiguredModule] },
    );
  });

  it('a handler with @Span keeps its route, its parameters and its other decorators', () =>
    withApp(async (url) => {
      const response = await fetch(`${url}/cats/decorated/7`);
      expect(await response.text()).toBe('cat 7');
      expect(response.headers.get('x-shelf')).toBe('B7');
      const server = await recorder.take('GET /cats/decorated/:id');
      const own = await recorder.take('CatController.decorated');
      expect(own.parentSpanId).toBe(server.spanId);
      expect(server.attributes['code.function.name']).toBe('CatController.decorated');
    }));
});

async function withNest(
  adapter: AbstractHttpAdapter,
  use: (url: string) => Promise<void>,
  setUp: (app: INestApplication) => void,
  { imports = [], providers = [] }: Partial<DynamicModule>,
): Promise<void> {
  class AppModule {}
  Module({
    imports: [TracingModule.forRoot(), ...imports],
    controllers: [CatController as Type],
    providers: [Basket, ...providers],
  })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, adapter, {
    logger: false,
    forceCloseConnections: true,
  });
  setUp(app);
  await app.listen(0, '127.0.0.1');
  try {
    await use(await app.getUrl());
  } finally {
    await app.close();
  }
}

async function text(url: string, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(url, { headers })).text();
}
