import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { type FastifyInstance, fastify } from 'fastify';
import { describe, it } from 'vitest';
import { startFastify } from './fastify-subject.ts';

httpServerContract({
  describe,
  it,
  name: 'fastify',
  start: (setup) => startFastify(fastify({ forceCloseConnections: true }), setup),
});
http2ServerContract({
  describe,
  it,
  name: 'fastify',
  start: (setup) => startFastify(fastify({ http2: true }) as unknown as FastifyInstance, setup),
});
