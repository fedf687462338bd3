import type { ServerResponse } from 'node:http';

/** Answers with headers that keep a browser from making anything else of the body than what it is. */
export function send(
  response: ServerResponse,
  status: number,
  type: string | undefined,
  body: string | Uint8Array,
): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  if (!response.hasHeader('content-security-policy'))
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  if (type !== undefined) response.setHeader('content-type', type);
  if (status !== 204) response.setHeader('content-length', Buffer.byteLength(body));
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
