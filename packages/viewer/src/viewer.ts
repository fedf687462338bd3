import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isLoopbackHost } from './http/access.ts';
import { createViewerServer, type ViewerServerOptions } from './http/viewer-server.ts';
import { identify } from './identity.ts';
import type { Backend } from './intake/backend.ts';
import { createStoreBackend } from './intake/store-backend.ts';
import { startThread } from './intake/thread-backend.ts';
import { openStore } from './store/open-store.ts';
import { checkViewerOptions } from './viewer-options.ts';

export type ViewerOptions = {
  /**
   * Where to listen: OTLP's own port, so that senders find the viewer without being told; 0 takes any free one.
   * @default 4318
   */
  port?: number;
  /**
   * The address to listen on. Anything but this machine's own requires a token of all who come.
   * @default '127.0.0.1'
   */
  host?: string;
  /**
   * What senders and browsers have to show where the viewer listens beyond this machine: at least 16 letters, digits,
   * `-` and `_`.
   * @default a random one, where it is needed
   */
  token?: string;
  /**
   * Traces to show instead of receiving any, as `openTraces` of @throughline/readers names them:
   * `jaeger+http://localhost:16686`, `zipkin+http://…`, or a file of spans.
   * @default none
   */
  source?: string;
  /**
   * Headers for the backend that is the `source`, for a token or a tenant.
   * @default none
   */
  sourceHeaders?: Readonly<Record<string, string>>;
  /**
   * The file to keep traces in, over restarts; one process at a time can use it. Needs `@duckdb/node-api`, which is an
   * optional dependency: where there is no build of it for the platform, traces are kept in memory, and the status says so.
   * @default none: in memory
   */
  file?: string;
  /**
   * How many bytes to keep before the oldest traces go.
   * @default 268_435_456 in memory, 2_147_483_648 in a file
   */
  maxBytes?: number;
  /**
   * After how many days traces of the file go.
   * @default 30
   */
  maxAgeDays?: number;
};

/** A viewer that is running. */
export type Viewer = {
  /** Where it is: the endpoint for exporters, and the address of its page. */
  readonly url: string;
  /** The address to open in a browser, with the token where one is required. */
  readonly link: string;
  readonly token: string | undefined;
  /** Lets go of the port and of what is stored. */
  close(): Promise<void>;
};

/**
 * Starts a viewer: receives OTLP/HTTP and Zipkin's JSON, keeps what comes, and serves a page to look at it.
 *
 * @throws {TypeError} if an option is wrong.
 * @throws {Error} if it cannot listen, with what to do about it.
 */
export function startViewer(options: ViewerOptions = {}): Promise<Viewer> {
  return openViewer(options, {});
}

/** The same, for programs of this package. */
export async function openViewer(options: ViewerOptions, server: Partial<ViewerServerOptions>): Promise<Viewer> {
  checkViewerOptions(options);
  const { source, sourceHeaders, file, maxBytes, maxAgeDays } = options;
  const settings = { source, sourceHeaders, file, maxBytes, maxAgeDays };
  // A bundle has no file for the thread; then all is done in this one.
  const thread = new URL('./store-thread.js', import.meta.url);
  const backend = existsSync(thread)
    ? await startThread(thread, settings, console.error)
    : createStoreBackend(await openStore(settings, console.error), console.error);
  return serve(backend, options, server);
}

/** Serves a backend, which is closed with the viewer, or if it cannot listen. */
export async function serve(
  backend: Backend,
  { port = 4318, host = '127.0.0.1', token: given }: ViewerOptions,
  server: Partial<ViewerServerOptions> = {},
): Promise<Viewer> {
  const token = given ?? (isLoopbackHost(host) ? undefined : randomBytes(24).toString('base64url'));
  const page = fileURLToPath(new URL('../dist/page', import.meta.url));
  const http = createViewerServer(backend, { page, ...server, token });
  try {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await backend.close();
    throw await listenError(error, host, port);
  }
  const url = `http://${authority(host)}:${(http.address() as AddressInfo).port}`;
  let closing: Promise<void> | undefined;
  return {
    url,
    link: token === undefined ? url : `${url}/?token=${token}`,
    token,
    close() {
      closing ??= new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }).then(() => backend.close());
      return closing;
    },
  };
}

function authority(host: string): string {
  if (host === '0.0.0.0' || host === '127.0.0.1') return '127.0.0.1';
  if (host === '::' || host === '::1') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function listenError(cause: unknown, host: string, port: number): Promise<Error> {
  const { code } = cause as NodeJS.ErrnoException;
  const where = `${authority(host)}:${port}`;
  if (code === 'EADDRINUSE') {
    const message =
      (await identify(`http://${where}`)) !== undefined
        ? `A viewer is running already: http://${where}. Use it, or choose another \`port\` (THROUGHLINE_VIEWER_PORT).`
        : `Port ${port} is taken by another program, maybe a Collector. Stop it, or choose another \`port\` (THROUGHLINE_VIEWER_PORT).`;
    return new Error(`[viewer] ${message}`, { cause });
  }
  if (code === 'EACCES')
    return new Error(`[viewer] This user may not listen on port ${port}. Choose a \`port\` above 1023.`, { cause });
  return new Error(`[viewer] Cannot listen on ${where} (${code}). Choose another \`host\` or \`port\`.`, { cause });
}
