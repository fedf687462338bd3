import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startNest } from './nest.mjs';

export async function start(tools) {
  const adapter = new FastifyAdapter();
  if (tools.fastifyPlugin !== undefined) await adapter.register(tools.fastifyPlugin);
  return startNest(adapter, tools, () => {});
}
