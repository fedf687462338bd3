import type { RequestHandler, Response } from 'express';

/** Notes when a request was received. */
export const timing: RequestHandler = (_request, response, next) => {
  response.locals.receivedAt = performance.now();
  next();
};

/** How long the request has taken by now, for the header `server-timing`. */
export function total(response: Response): string {
  return `total;dur=${(performance.now() - response.locals.receivedAt).toFixed(1)}`;
}
