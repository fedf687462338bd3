import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { RunningServer, ServerSetup } from '@throughline/testkit';
import { startNest } from './nest-subject.ts';

/** Mounts what the contract kit wants on a Nest application on Express. */
export function startNestOnExpress(setup: ServerSetup): Promise<RunningServer> {
  return startNest(new ExpressAdapter(), setup);
}

/** Mounts what the contract kit wants on a Nest application on Fastify. */
export function startNestOnFastify(setup: ServerSetup): Promise<RunningServer> {
  return startNest(new FastifyAdapter(), setup);
}

/** Mounts what the contract kit wants on a Nest application on Fastify that speaks HTTP/2. */
export function startNestOnHttp2(setup: ServerSetup): Promise<RunningServer> {
  return startNest(new FastifyAdapter({ http2: true } as object), setup);
}
