import { fastify } from 'fastify';

export async function start({ fastifyPlugin, withSpan = (_name, run) => run(), log = () => {}, call }) {
  const app = fastify();
  if (fastifyPlugin !== undefined) await app.register(...[fastifyPlugin].flat());
  app.get('/hello', () => ({ hello: 'world' }));
  app.get('/spans', async () =>
    withSpan('a', () => withSpan('b', () => withSpan('c', async () => ({ hello: 'world' })))),
  );
  app.get('/log', async () => {
    log();
    return { hello: 'world' };
  });
  app.get('/call', async () => ({ hello: await call() }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}
