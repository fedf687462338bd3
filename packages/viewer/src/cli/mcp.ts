import { once } from 'node:events';
import { openTraces } from '@throughline/readers';
import { createSourceStore } from '../store/source-store.ts';
import type { Command } from './command.ts';
import { UsageError } from './exit-code.ts';
import { DEFAULT_SOURCE, headersOf, SOURCE_OPTIONS } from './source.ts';

export const mcp: Command = {
  name: 'mcp',
  usage: '[file or address]',
  summary: 'Answer the questions of a model by the Model Context Protocol on standard input and output',
  details:
    'For a client that starts its servers: {"command": "npx", "args": ["throughline", "mcp", "tempo+http://localhost:3200"]}.\nThe viewer answers the same by HTTP, at http://127.0.0.1:4318/mcp.',
  options: SOURCE_OPTIONS,
  async run({ args }) {
    const [given, ...more] = args.positionals;
    if (more.length > 0) throw new UsageError('Expected one file or address.');
    if (args.flag('json')) throw new UsageError('Expected no --json: the protocol is JSON.');
    const source = given ?? args.text('source') ?? DEFAULT_SOURCE;
    if (source === '-') throw new UsageError('Expected a file or address: questions come from standard input.');
    const store = createSourceStore(await openTraces(source, { headers: headersOf(args.all('header')) }));
    try {
      const [{ serveStdio }, { mcpServerFactory }] = await Promise.all([
        import('@modelcontextprotocol/server/stdio'),
        import('../mcp/mcp-server.ts'),
      ]);
      const ended = once(process.stdin, 'close');
      serveStdio(mcpServerFactory(store, console.error), { maxSubscriptions: 0 });
      await ended;
    } finally {
      await store.close();
    }
    return { json: null, lines: [] };
  },
};
