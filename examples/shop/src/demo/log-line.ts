import type { LogLine } from './trace.ts';

const PINO_LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Reads a line that pino or winston wrote as JSON; of any other line all is message, and it has no ids. */
export function readLogLine(service: string, text: string): LogLine {
  const fields = parseObject(text);
  if (fields === undefined) return { service, timeMs: Date.now(), level: 'info', message: text };
  const { level, time, timestamp, msg, message } = fields;
  const timeMs = typeof time === 'number' ? time : Date.parse(String(timestamp));
  return {
    service,
    timeMs: Number.isFinite(timeMs) ? timeMs : Date.now(),
    level: typeof level === 'number' ? (PINO_LEVELS[level] ?? 'info') : String(level),
    message: String(msg ?? message ?? ''),
    traceId: stringOf(fields.trace_id),
    spanId: stringOf(fields.span_id),
    requestId: stringOf(fields.request_id),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
