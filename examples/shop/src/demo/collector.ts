import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readOtlpJson } from './otlp-json.ts';
import type { ShopSpan } from './trace.ts';

/** A receiver of OTLP over HTTP in JSON. */
export type Collector = { readonly url: string; close(): Promise<void> };

const MAX_BYTES = 16 * 1024 * 1024;

/** Starts a receiver on a free port of this machine, which hands on the spans of every request, and its body. */
export async function startCollector(onSpans: (spans: ShopSpan[], body: string) => void): Promise<Collector> {
  const server = createServer(async (request, response) => {
    try {
      const body = await readBody(request);
      onSpans(readOtlpJson(body), body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    } catch (thrown) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(thrown));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new RangeError(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
