import { createServer } from 'node:http';

export async function start({ listener = (run) => run, withSpan = (_name, run) => run(), log = () => {}, call }) {
  const routes = {
    '/hello': () => ({ hello: 'world' }),
    '/spans': () => withSpan('a', () => withSpan('b', () => withSpan('c', async () => ({ hello: 'world' })))),
    '/log': () => {
      log();
      return { hello: 'world' };
    },
    '/call': async () => ({ hello: await call() }),
  };
  const answer = async (request, response) => {
    const body = JSON.stringify(await routes[request.url]());
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  };
  const server = createServer(listener(answer));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}
