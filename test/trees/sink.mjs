import { once } from 'node:events';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { decodeOtlpProtobuf } from '@throughline/analysis';

/** Takes OTLP over HTTP and remembers which spans came, and when the last one of each trace did. */
export async function startSink() {
  /** @type {Map<string, { spans: Map<string, number>, lastMs: number }>} */
  const traces = new Map();
  let bytes = 0;
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bytes += body.length;
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      for (const { traceId, spanId } of decodeOtlpProtobuf(plain)) {
        const trace = traces.get(traceId) ?? { spans: new Map(), lastMs: 0 };
        trace.spans.set(spanId, (trace.spans.get(spanId) ?? 0) + 1);
        trace.lastMs = Date.now();
        traces.set(traceId, trace);
      }
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    traces,
    bytes: () => bytes,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
