import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { activeExchange } from '@throughline/core/http-server';
import { type Observable, tap } from 'rxjs';

/** Adds to the exchange which handler answers it and what the handler, a pipe or another interceptor threw. */
export class ExchangeInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const exchange = execution.getType() === 'http' ? activeExchange() : undefined;
    if (exchange === undefined) return next.handle();
    // https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/
    exchange.span.setAttribute('code.function.name', `${execution.getClass().name}.${execution.getHandler().name}`);
    return next.handle().pipe(tap({ error: (thrown: unknown) => exchange.recordFailure(thrown) }));
  }
}
