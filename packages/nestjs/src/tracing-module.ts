import { type DynamicModule, Inject, Module, type NestMiddleware, type NestModule } from '@nestjs/common';
import {
  type AbstractHttpAdapter,
  APP_GUARD,
  ApplicationConfig,
  HttpAdapterHost,
  ModulesContainer,
} from '@nestjs/core';
import type { TracingOptions } from '@throughline/core';
import { expressFramework } from '@throughline/core/express-router';
import { type FastifyInstance, traceFastify } from '@throughline/core/fastify-hooks';
import { createServerTracing } from '@throughline/core/node-http';
import { checkOptions, serverOptionChecks } from '@throughline/core/options';
import { ExchangeGuard } from './exchange-guard.ts';
import { ExchangeInterceptor } from './exchange-interceptor.ts';
import { FailureObserver } from './failure-observer.ts';
import { mayHideFailures } from './hidden-failures.ts';
import { messageHook } from './message-hook.ts';

const OPTIONS = Symbol('throughline.tracing-options');

/**
 * Traces every request of a Nest application, on Express or on Fastify: one SERVER span named by the full route
 * (global prefix and version included) that knows the controller and what it threw, a correlation ID, and a context
 * that reaches middleware, guards, pipes, interceptors, handlers and filters. Import it once, first, in the root module.
 *
 * @example
 * \@Module({ imports: [TracingModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class TracingModule implements NestModule {
  readonly #config: ApplicationConfig;
  readonly #modules: ModulesContainer;

  /** Takes the options all Throughline server adapters share. Throws a `TypeError` for a wrong one at application start. */
  static forRoot(options: TracingOptions = {}): DynamicModule {
    return {
      module: TracingModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: APP_GUARD, useClass: ExchangeGuard },
      ],
    };
  }

  // Modules are made before Nest installs its body parsers, routes and middleware, so this comes first on the platform.
  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(OPTIONS) options: TracingOptions,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    checkOptions('nestjs', options, serverOptionChecks); // also where there is no HTTP server to do it
    this.#config = config;
    this.#modules = modules;
    config.registerPreRequestHook?.(messageHook(options.tracerProvider, options.correlation)); // since Nest 12
    const adapter: AbstractHttpAdapter | null | undefined = host.httpAdapter;
    if (adapter === undefined || adapter === null) return; // an application context or a microservice has no HTTP server
    const platform = adapter.getType();
    if (platform === 'fastify') traceOnFastify(adapter as FastifyPlatform, options);
    else if (platform === 'express') traceOnExpress(adapter, options);
    else
      throw new TypeError(
        `[nestjs] Expected the HTTP platform to be express or fastify, got ${JSON.stringify(platform)}.`,
      );
  }

  // Of global filters, Nest asks the one that was registered last first. When modules are asked for their middleware the
  // application has registered its own, and no route is made yet.
  configure(): void {
    this.#config.useGlobalFilters(new FailureObserver());
    // The outermost one, so that it does not see what another handles.
    if (mayHideFailures(this.#modules, this.#config))
      this.#config.getGlobalInterceptors().unshift(new ExchangeInterceptor());
  }
}

function traceOnExpress(adapter: AbstractHttpAdapter, options: TracingOptions): void {
  const server = createServerTracing(expressFramework('nestjs'), options);
  const tracingMiddleware: NestMiddleware['use'] = (request, response, next) =>
    server.run(request, response, request, next);
  adapter.use(tracingMiddleware);
}

type FastifyPlatform = AbstractHttpAdapter & { readonly onRequestHook?: unknown };

function traceOnFastify(adapter: FastifyPlatform, options: TracingOptions): void {
  const { onRequest } = traceFastify(adapter.getInstance<FastifyInstance>(), 'nestjs', options);
  // Nest has installed its middleware as a hook by now; its own first hook runs earlier. It has room for one function,
  // so if the application wants it, the hook above starts the exchange instead.
  if (adapter.onRequestHook === undefined) adapter.setOnRequestHook?.(onRequest);
}
