import { homedir } from 'node:os';
import { join } from 'node:path';
import { startViewer } from './viewer.ts';

/** Starts a viewer for as long as the process lives; what `npx pnpm viewer` runs. */
const { PORT, THROUGHLINE_VIEWER_FILE, XDG_STATE_HOME } = process.env;
const state = XDG_STATE_HOME || join(homedir(), '.local', 'state');
try {
  const viewer = await startViewer({
    file: THROUGHLINE_VIEWER_FILE || join(state, 'throughline', 'traces.duckdb'),
    ...(PORT !== undefined && { port: Number(PORT) }),
  });
  console.log(`Traces: ${viewer.link}\nSend OTLP/HTTP to ${viewer.url} (OTEL_EXPORTER_OTLP_ENDPOINT=${viewer.url})`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void viewer.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
