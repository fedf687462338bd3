import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TraceColumns } from '../src/api/messages.ts';
import { unpackTrace } from '../src/api/packed-trace.ts';
import type { ViewerServerOptions } from '../src/http/viewer-server.ts';
import { createStoreBackend } from '../src/intake/store-backend.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import type { TraceStore } from '../src/store/trace-store.ts';
import { serve, type Viewer } from '../src/viewer.ts';

export type ViewerUnderTest = Viewer & {
  /** The JSON of one of the page's own answers, which has to be a good one. */
  ask<T>(path: string): Promise<T>;
  /** The columns of a trace. */
  trace(traceId: string): Promise<TraceColumns>;
  /** What the viewer wrote to its log. */
  readonly log: readonly string[];
};

/** A viewer on a free port, closed when the test is over. */
export async function viewerFor(
  store: TraceStore = createMemoryStore(),
  server: Partial<ViewerServerOptions> = {},
  options: { host?: string } = {},
): Promise<ViewerUnderTest> {
  const log: string[] = [];
  const backend = createStoreBackend(store, (message) => log.push(message));
  const viewer = await serve(backend, { ...options, port: 0 }, { page: '/nowhere', ...server });
  onTestFinished(() => viewer.close());
  return {
    ...viewer,
    log,
    async ask<T>(path: string): Promise<T> {
      const response = await fetch(`${viewer.url}/api/viewer/${path}`);
      if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    trace: (traceId) => traceOf(viewer.url, traceId),
  };
}

/** The columns of a trace, as the page gets them. */
export async function traceOf(url: string, traceId: string): Promise<TraceColumns> {
  const response = await fetch(`${url}/api/viewer/traces/${traceId}`);
  if (!response.ok) throw new Error(`The viewer answers ${response.status}: ${await response.text()}`);
  return unpackTrace(await response.arrayBuffer());
}

/** What a server answers to these bytes before it closes the connection. */
export async function exchange(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return answer;
}
