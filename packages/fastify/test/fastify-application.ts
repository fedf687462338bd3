import type { RunningServer, ServerSetup } from '@throughline/testkit';
import { type FastifyInstance, fastify } from 'fastify';
import { startFastify } from './fastify-subject.ts';

/** Mounts what the contract kit wants on a new Fastify instance. */
export function startFastifyApplication(setup: ServerSetup): Promise<RunningServer> {
  return startFastify(fastify({ forceCloseConnections: true }), setup);
}

/** Mounts what the contract kit wants on a new Fastify instance that speaks HTTP/2. */
export function startFastifyOnHttp2(setup: ServerSetup): Promise<RunningServer> {
  return startFastify(fastify({ http2: true }) as unknown as FastifyInstance, setup);
}
