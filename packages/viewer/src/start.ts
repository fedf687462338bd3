import { defaultFile } from './default-file.ts';
import { startViewer } from './viewer.ts';
import { viewerPort } from './viewer-port.ts';

/** Starts a viewer for as long as the process lives; what `npx pnpm viewer` runs. */
const { PORT } = process.env;
try {
  const viewer = await startViewer({
    file: defaultFile(process.env),
    port: PORT === undefined ? viewerPort(process.env) : Number(PORT),
  });
  console.log(`Traces: ${viewer.link}\nSend OTLP/HTTP to ${viewer.url} (OTEL_EXPORTER_OTLP_ENDPOINT=${viewer.url})`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void viewer.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
