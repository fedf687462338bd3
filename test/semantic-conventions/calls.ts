import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientRequestInit, RunningServer } from '@throughline/testkit';
import type { Truth } from './violations.ts';

/** A call by a client of ours, and what is to come of it. */
export type Call = {
  readonly what: string;
  readonly method?: string;
  /** Where it goes: a path of the target, or a URL. */
  readonly to: string;
  /** Asks the target for TLS, which it does not speak. */
  readonly secure?: true;
  readonly init?: (target: Target) => ClientRequestInit;
} & Truth;

// Before a response, the version of HTTP is known to some clients only, and without a connection there is no peer.
const version = ['network.protocol.version'];
const connection = ['network.peer.address', 'network.peer.port', ...version];

/** Success and failure of every kind that every client knows. Nothing listens on port 1. */
export const calls: readonly Call[] = [
  { what: '200', to: '/200', status: 200, failed: false },
  { what: 'a signed URL', to: '/200?sig=secret&a=1', status: 200, failed: false },
  { what: 'HEAD', method: 'HEAD', to: '/200', status: 200, failed: false },
  { what: 'a method of WebDAV', method: 'PROPFIND', to: '/200', status: 200, failed: false },
  { what: '404', to: '/404', status: 404, failed: true },
  { what: '503', to: '/503', status: 503, failed: true },
  { what: 'a redirect', to: '/moved', status: 200, failed: false },
  { what: 'a response cut off', to: '/cut', status: 200, failed: true },
  { what: 'a connection cut off', to: '/gone', status: undefined, failed: true, unknown: version },
  {
    what: 'a timeout',
    to: '/hanging',
    init: () => ({ signal: AbortSignal.timeout(200) }),
    status: undefined,
    failed: true,
    unknown: version,
  },
  {
    what: 'a call given up',
    to: '/hanging',
    init: (target) => ({ signal: abortedWhen(target.hanging()) }),
    status: undefined,
    failed: false,
    unknown: version,
  },
  { what: 'a refused connection', to: 'http://127.0.0.1:1/', status: undefined, failed: true, unknown: connection },
  {
    what: 'a name that nobody has',
    to: 'http://nobody.invalid/',
    status: undefined,
    failed: true,
    unknown: connection,
  },
  { what: 'no port', to: 'https://nobody.invalid/a', status: undefined, failed: true, unknown: connection },
  { what: 'TLS where there is none', to: '/200', secure: true, status: undefined, failed: true, unknown: connection },
];

export type Target = RunningServer & {
  /** Resolves when the next request that is never answered has come. */
  hanging(): Promise<unknown>;
};

/** Starts what the calls go to: `/404` answers with that status, other paths do what they say. */
export async function startTarget(): Promise<Target> {
  const events = new EventEmitter();
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (path === '/hanging') return void events.emit('hanging');
    if (path === '/gone') return void request.socket.destroy();
    if (path === '/moved') return void response.writeHead(302, { location: '/200' }).end();
    if (path !== '/cut') return void response.writeHead(Number(path.slice(1))).end('ok');
    response.write('some', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hanging: () => once(events, 'hanging'),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function abortedWhen(event: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  void event.then(() => controller.abort());
  return controller.signal;
}
