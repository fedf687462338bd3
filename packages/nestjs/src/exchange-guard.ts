import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { activeExchange } from '@throughline/core/http-server';
import { recordGraphqlOperation } from './graphql-operation.ts';

/**
 * Adds to the exchange which handler answers it, or which GraphQL operation. It is a guard because global guards come
 * first, so that a request which another one refuses has these facts too; it refuses nobody itself.
 */
export class ExchangeGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const exchange = activeExchange();
    if (exchange === undefined) return true;
    const type = execution.getType<'http' | 'graphql' | 'rpc' | 'ws'>();
    if (type === 'http') {
      const { span } = exchange;
      // https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/
      if (span.isRecording())
        span.setAttribute('code.function.name', `${execution.getClass().name}.${execution.getHandler().name}`);
    } else if (type === 'graphql') {
      // On Express, GraphQL is a middleware, which is no route; what answers is known now.
      if (exchange.route === undefined) exchange.setRoute(exchange.mount);
      recordGraphqlOperation(exchange, execution.getArgByIndex(3));
    }
    return true;
  }
}
