import type { RunningServer, ServerSetup } from '@throughline/testkit';
import { fastify } from 'fastify';
import { startFastify } from './fastify-subject.ts';

/** Mounts what the contract kit wants on a new Fastify instance. */
export function startFastifyApplication(setup: ServerSetup): Promise<RunningServer> {
  return startFastify(fastify({ forceCloseConnections: true }), setup);
}
