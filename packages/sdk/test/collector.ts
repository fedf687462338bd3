import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type DecodedTraces, decodeTraces } from './recorder/decode-otlp.ts';

/** An export request that arrived. */
export type Export = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

/** How a collector answers; without an answer it hangs. */
export type Behaviour = (response: ServerResponse, exported: Export) => void;

export type Collector = {
  readonly url: string;
  readonly exports: readonly Export[];
  /** Resolves when this many requests have arrived altogether. */
  arrived(count: number): Promise<void>;
  answer: Behaviour;
  close(): Promise<void>;
};

export const accept: Behaviour = (response) => void response.end();
export const hang: Behaviour = () => {};
export function refuse(status: number, headers: Record<string, string> = {}): Behaviour {
  return (response) => void response.writeHead(status, headers).end('no');
}

/** A collector on a socket of this machine. */
export async function startCollector(answer: Behaviour = accept, port = 0): Promise<Collector> {
  const exports: Export[] = [];
  const news = new EventEmitter();
  const server = createServer((request, response) => {
    const take = (body: Buffer): void => {
      const zipped = request.headers['content-encoding'] === 'gzip';
      const exported = { path: request.url ?? '', headers: request.headers, body: zipped ? gunzipSync(body) : body };
      exports.push(exported);
      collector.answer(response, exported);
      news.emit('export');
    };
    // Whoever gives up in the middle of a request has not exported it.
    read(request).then(take, () => {});
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    answer,
    async arrived(count) {
      while (exports.length < count) await once(news, 'export');
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

/** The names of all spans that arrived by OTLP/protobuf, in order. */
export function spanNames({ exports }: Collector): string[] {
  return exports.flatMap(({ body }) => names(decodeTraces(body)));
}

function names({ resourceSpans }: DecodedTraces): string[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
