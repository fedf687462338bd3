import type { SpanExporter } from '@opentelemetry/sdk-trace-node';

// The codes of OpenTelemetry's `ExportResultCode`, whose package takes longer to load than all of ours.

/** How an export went. */
export type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** What an exporter answers when all is well. */
export const SUCCESS: ExportResult = { code: 0 };

/** What it answers otherwise. */
export function failed(error: Error): ExportResult {
  return { code: 1, error };
}
