import { createForeignApis } from '../api/foreign-apis.ts';
import type { Status } from '../api/messages.ts';
import { createPageApi } from '../api/page-api.ts';
import { PROGRAM } from '../identity.ts';
import { createMcpEndpoint } from '../mcp/mcp-endpoint.ts';
import { StoreFullError, type TraceStore } from '../store/trace-store.ts';
import { VERSION } from '../version.ts';
import type { Backend, Receipt } from './backend.ts';
import { type Decoded, type Delivery, DeliveryError, decodeDelivery } from './decode-delivery.ts';
import { LiveFeed } from './live-feed.ts';

const PAGE_API = '/api/viewer/';
/** Milliseconds of quiet after which a failure to store is news. */
const BETWEEN_FAILURES = 10_000;

/** The backend over a store. What cannot be foreseen goes to `log`, once for each request. */
export function createStoreBackend(store: TraceStore, log: (message: string) => void): Backend {
  const startedMs = Date.now();
  let lastFailure = 0;
  const received = { spans: 0, logs: 0, rejected: 0, deferred: 0 };
  const feed = new LiveFeed(store);
  const pageApi = createPageApi(store, status, log);
  const foreignApis = createForeignApis(store, log);
  const mcp = createMcpEndpoint(store, log);
  return {
    async receive(delivery: Delivery): Promise<Receipt> {
      let decoded: Decoded;
      try {
        decoded = decodeDelivery(delivery);
      } catch (error) {
        if (!(error instanceof DeliveryError)) log(`[viewer] ${describe(error)}`);
        return { outcome: 'malformed', reason: error instanceof DeliveryError ? error.message : 'Expected telemetry.' };
      }
      try {
        await store.append(decoded);
      } catch (error) {
        received.deferred += 1;
        logRarely(`[viewer] ${describe(error)}`);
        return {
          outcome: 'deferred',
          reason: error instanceof StoreFullError ? error.message : 'The store of the viewer cannot be written.',
        };
      }
      const { spans, logs, rejected, reason } = decoded;
      received.spans += spans.length;
      received.logs += logs.length;
      received.rejected += rejected;
      feed.add(spans);
      return { outcome: 'stored', accepted: spans.length + logs.length, rejected, reason };
    },
    async answer(question) {
      if (question.path.startsWith(PAGE_API))
        return pageApi({ ...question, path: question.path.slice(PAGE_API.length) });
      if (question.path === '/mcp') return mcp(question);
      return foreignApis(question);
    },
    watch: (listener) => feed.watch(listener),
    async close() {
      feed.close();
      await store.close();
    },
  };

  // Senders try again and again; who reads the log need not be told each time.
  function logRarely(message: string): void {
    if (Date.now() - lastFailure > BETWEEN_FAILURES) log(message);
    lastFailure = Date.now();
  }

  async function status(): Promise<Status> {
    const runs = await store.runs();
    const itself = { program: PROGRAM, version: VERSION, pid: process.pid };
    return { ...itself, startedMs, store: await store.status(), run: runs.at(-1)?.id ?? 0, received };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
