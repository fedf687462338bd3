import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@throughline/core';

const MAX_BYTES = 1024 * 1024;

/**
 * Fetches a JSON document, untraced, on a connection that does not keep the process alive. Rejects if the answer is not
 * 200, not JSON, above 1 MB, or not complete within `timeoutMs`.
 */
export function pollJson(url: URL, headers: Record<string, string>, timeoutMs: number): Promise<unknown> {
  return context.with(suppressTracing(ROOT_CONTEXT), () => {
    return new Promise((resolve, reject) => {
      const get = url.protocol === 'https:' ? getHttps : getHttp;
      const options: RequestOptions = { headers: { accept: 'application/json', ...headers }, agent: false };
      const request = get(url, options, (response) => readJson(response).then(resolve, fail));
      const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
      request.on('socket', (socket) => socket.unref());
      request.on('error', fail);
      request.on('close', () => clearTimeout(timer));

      function fail(thrown: unknown): void {
        reject(thrown);
        request.destroy();
      }
    });
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  if (response.statusCode !== 200) throw new Error(`the answer is ${response.statusCode}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
