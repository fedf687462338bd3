import express from 'express';

export async function start({ expressMiddleware, withSpan = (_name, run) => run(), log = () => {}, call }) {
  const app = express();
  if (expressMiddleware !== undefined) app.use(expressMiddleware);
  app.get('/hello', (_request, response) => void response.json({ hello: 'world' }));
  app.get('/spans', async (_request, response) =>
    response.json(await withSpan('a', () => withSpan('b', () => withSpan('c', async () => ({ hello: 'world' }))))),
  );
  app.get('/log', (_request, response) => {
    log();
    response.json({ hello: 'world' });
  });
  app.get('/call', async (_request, response) => void response.json({ hello: await call() }));
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}
