import { fromJsonSchema, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import { TraceSourceError } from '@throughline/readers';
import { RequestError } from '../api/answer.ts';
import { TraceAnswers } from '../api/trace-answers.ts';
import { QueryError } from '../query/tokens.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { VERSION } from '../version.ts';
import { boundedText, NOTICE } from './bounded.ts';
import { objectOf, TEXT } from './result-schema.ts';
import { spanTool, summarizeTool } from './span-tools.ts';
import { differsTool, findTool, mapTool, operationsTool } from './store-tools.ts';
import type { Asked, Given, Tool } from './tool.ts';
import { bottlenecksTool, compareTool, criticalPathTool } from './trace-tools.ts';

const TOOLS: readonly Tool[] = [
  findTool,
  summarizeTool,
  criticalPathTool,
  bottlenecksTool,
  compareTool,
  operationsTool,
  mapTool,
  differsTool,
  spanTool,
];

const INSTRUCTIONS = `Traces of running services. To explain a slow or failing request: find_traces (sort slowest or errors), summarize_trace, then critical_path, bottlenecks, show_span, or compare_traces with a usual one. Times are milliseconds. ${NOTICE}`;

/** Makes servers of the Model Context Protocol over a store, one for each request or connection; tools only, and none changes anything. */
export function mcpServerFactory(store: TraceStore, log: (message: string) => void): McpServerFactory {
  const traces = new TraceAnswers(store);
  const tools = TOOLS.map((tool) => ({
    tool,
    inputSchema: fromJsonSchema<Given>(argumentsSchema(tool)),
    outputSchema: fromJsonSchema(objectOf({ notice: TEXT, ...tool.result }, tool.sometimes)),
  }));
  return ({ requestInfo }) => {
    const page = requestInfo === undefined ? undefined : new URL(requestInfo.url).origin;
    const info = { name: 'throughline', title: 'Throughline', version: VERSION || '0.0.0' };
    const server = new McpServer(info, { instructions: INSTRUCTIONS, capabilities: { tools: { listChanged: false } } });
    for (const { tool, inputSchema, outputSchema } of tools) {
      const { name, title, description } = tool;
      const annotations = { readOnlyHint: true, openWorldHint: false };
      const described = { title, description, inputSchema, outputSchema, annotations };
      server.registerTool(name, described, (given) => answerOf(tool, given, { store, traces, page }, log));
    }
    return server;
  };
}

function argumentsSchema({ arguments: properties, required = [] }: Tool) {
  return { type: 'object', properties, required: [...required], additionalProperties: false } as const;
}

async function answerOf(tool: Tool, given: Given, asked: Asked, log: (message: string) => void) {
  try {
    const { lines, data } = await tool.run(given, asked);
    return {
      content: [{ type: 'text' as const, text: boundedText(lines) }],
      structuredContent: { notice: NOTICE, ...data },
    };
  } catch (error) {
    return { content: [{ type: 'text' as const, text: messageOf(error, log) }], isError: true };
  }
}

// A model can do better next time only if it is told what was wrong.
function messageOf(error: unknown, log: (message: string) => void): string {
  if (error instanceof QueryError || error instanceof RequestError || error instanceof TraceSourceError)
    return error.message;
  log(`[viewer] ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return 'The viewer could not answer; its log says why.';
}
