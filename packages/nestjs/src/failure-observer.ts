import { Catch, type ExceptionFilter, NotFoundException, type Type } from '@nestjs/common';
import { activeExchange } from '@throughline/core/http-server';

/**
 * A type that nothing is an instance of. Nest asks each filter `exception instanceof Type` until one says yes: saying
 * no, after taking note, shows exceptions of guards and middleware without ever handling one in the application's place.
 */
const Observed = {
  [Symbol.hasInstance](thrown: unknown): boolean {
    const exchange = activeExchange();
    if (exchange !== undefined && !(exchange.route === undefined && isNoRoute(thrown))) exchange.recordFailure(thrown);
    return false;
  },
} as unknown as Type;

// Nest says by an exception what other routers do not call a failure, and its message has the whole target in it, with any
// credential that there is in the query.
function isNoRoute(thrown: unknown): boolean {
  return thrown instanceof NotFoundException && /^Cannot [A-Z-]+ /.test(thrown.message);
}

/**
 * Takes note of exceptions on their way to the filter that handles them; it never handles one itself. Nest asks the
 * filter registered last first, and those of a controller before global ones, so an exception of a guard that a catch-all
 * filter of the controller takes is not seen here.
 */
@Catch(Observed)
export class FailureObserver implements ExceptionFilter {
  catch(): void {}
}
