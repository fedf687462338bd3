import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { activeExchange } from '@throughline/core/http-server';
import { type Observable, tap } from 'rxjs';

/** Adds to the exchange what its handler or resolver, a pipe or another interceptor threw. */
export class ExchangeInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const type = execution.getType<'http' | 'graphql' | 'rpc' | 'ws'>();
    const exchange = type === 'http' || type === 'graphql' ? activeExchange() : undefined;
    if (exchange === undefined) return next.handle();
    return next.handle().pipe(tap({ error: (thrown: unknown) => exchange.recordFailure(thrown) }));
  }
}
