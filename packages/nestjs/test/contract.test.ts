import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNest } from './nest-subject.ts';

const skip = {
  'a target of an absolute form of nothing has a span without a route, and leaves the next request alone':
    'the router of Express shows a target without a path to no middleware',
};

httpServerContract({
  describe,
  it,
  name: 'nestjs on express',
  start: (setup) => startNest(new ExpressAdapter(), setup),
  skip,
});
httpServerContract({
  describe,
  it,
  name: 'nestjs on fastify',
  start: (setup) => startNest(new FastifyAdapter(), setup),
});
http2ServerContract({
  describe,
  it,
  name: 'nestjs on fastify',
  start: (setup) => startNest(new FastifyAdapter({ http2: true } as object), setup),
});
