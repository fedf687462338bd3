import { tracedFetch } from '@throughline/clients/fetch';
import { tracedListener, withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import { pino } from 'pino';
import { quiet } from '../quiet.mjs';

/** Our packages as the README sets them up. */
export async function ours(framework, options) {
  startTracing({ serviceName: 'bench', endpoint: process.env.SINK, ...options });
  const logger = pino({ mixin: traceFields() }, quiet());
  const fetch = tracedFetch();
  return {
    withSpan,
    log: () => logger.info('hello'),
    call: async () => (await fetch(process.env.PEER)).text(),
    listener: tracedListener,
    ...(framework === 'fastify' && { fastifyPlugin: (await import('@throughline/fastify')).tracing }),
    ...(framework === 'express' && { expressMiddleware: (await import('@throughline/express')).tracing() }),
    ...(framework.startsWith('nest-') && {
      nestModule: (await import('@throughline/nestjs')).TracingModule.forRoot(),
    }),
  };
}
