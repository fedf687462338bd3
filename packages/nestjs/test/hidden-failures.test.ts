import 'reflect-metadata';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type MessageEvent,
  Module,
  type Provider,
  Scope,
  Sse,
  type Type,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, ApplicationConfig, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TracingModule } from '@throughline/nestjs';
import { concat, type Observable, of, throwError } from 'rxjs';
import { expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';

const recorder = useRecorder();

@Catch()
class TeapotFilter implements ExceptionFilter {
  catch(_thrown: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(418).send('teapot');
  }
}

@Controller()
class PlainController {
  @Get()
  fail() {
    throw new RangeError('broken');
  }
}

@Controller()
class ObservableController {
  @Get()
  fail() {
    return throwError(() => new RangeError('broken'));
  }
}

@Controller()
@UseFilters(TeapotFilter)
class FilteredController {
  @Get()
  fail() {
    throw new RangeError('broken');
  }
}

class FilteredMethod {
  @Get()
  @UseFilters(TeapotFilter)
  fail() {
    throw new RangeError('broken');
  }
}

@Controller()
class InheritingController extends FilteredMethod {}

@Controller()
class StreamController {
  @Sse()
  fail(): Observable<MessageEvent> {
    return concat(
      of({ data: 'one' }),
      throwError(() => new RangeError('broken')),
    );
  }
}

it.each<[what: string, controller: Type, providers: Provider[], status: number, interceptors: number]>([
  ['of a controller, without an interceptor', PlainController, [], 500, 0],
  ['of an Observable that a controller returns, neither', ObservableController, [], 500, 0],
  ["that the application's own global filter answers, neither", PlainController, global(), 418, 0],
  ['that a filter answers which is made for each request', PlainController, global(Scope.REQUEST), 418, 1],
  ['that a filter of its controller answers', FilteredController, [], 418, 1],
  ['that a filter of its method answers', InheritingController, [], 418, 1],
  ['of a stream of events', StreamController, [], 200, 1],
])('an exception is recorded once %s', async (_what, controller, providers, status, interceptors) => {
  class Application {}
  Module({ imports: [TracingModule.forRoot()], controllers: [controller], providers })(Application);
  const app = await NestFactory.create(Application, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const response = await fetch(await app.getUrl());
  await response.text();
  expect(response.status).toBe(status);
  const span = await recorder.take('GET /');
  expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
  expect(app.get(ApplicationConfig, { strict: false }).getGlobalInterceptors().length).toBe(interceptors);
  await app.close();
});

function global(scope = Scope.DEFAULT): Provider[] {
  return [{ provide: APP_FILTER, useClass: TeapotFilter, scope }];
}
