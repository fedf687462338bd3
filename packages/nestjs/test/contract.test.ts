import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNest } from './nest-subject.ts';

httpServerContract({
  describe,
  it,
  name: 'nestjs on express',
  start: (setup) => startNest(new ExpressAdapter(), setup),
});
httpServerContract({
  describe,
  it,
  name: 'nestjs on fastify',
  start: (setup) => startNest(new FastifyAdapter(), setup),
});
