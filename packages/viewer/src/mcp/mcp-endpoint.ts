import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { type Answer, problem, type Question } from '../api/answer.ts';
import type { TraceStore } from '../store/trace-store.ts';

/**
 * Answers the Model Context Protocol over HTTP, without sessions: each request stands for itself, in the revision of 2026
 * or an earlier one. Its code is loaded with the first request.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function createMcpEndpoint(
  store: TraceStore,
  log: (message: string) => void,
): (question: Question) => Promise<Answer> {
  let handler: Promise<McpHttpHandler> | undefined;
  return async ({ method, message }) => {
    if (message === undefined) return problem(405, 'Expected POST with a message of the Model Context Protocol.');
    handler ??= load(store, log);
    try {
      const { origin, headers, body } = message;
      const { fetch } = await handler;
      const response = await fetch(
        new Request(`${origin}/mcp`, { method, headers: { ...headers }, body: new Uint8Array(body) }),
      );
      const type = response.headers.get('content-type') ?? 'application/json';
      return { status: response.status, type, body: new Uint8Array(await response.arrayBuffer()) };
    } catch (error) {
      log(`[viewer] ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      return problem(500, 'The viewer could not answer; its log says why.');
    }
  };
}

async function load(store: TraceStore, log: (message: string) => void): Promise<McpHttpHandler> {
  const [{ createMcpHandler }, { mcpServerFactory }] = await Promise.all([
    import('@modelcontextprotocol/server'),
    import('./mcp-server.ts'),
  ]);
  // Tools never change, so nobody need wait for news of them: every answer comes to its end.
  return createMcpHandler(mcpServerFactory(store, log), { maxSubscriptions: 0 });
}
