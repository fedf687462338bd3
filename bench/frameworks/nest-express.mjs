import { ExpressAdapter } from '@nestjs/platform-express';
import { startNest } from './nest.mjs';

export function start(tools) {
  return startNest(new ExpressAdapter(), tools, (app) => {
    if (tools.expressMiddleware !== undefined) app.use(tools.expressMiddleware);
  });
}
