import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { readChoice } from './environment.ts';

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/**
 * Makes problems visible: unless the application has set a `diag` logger of its own, warnings and errors go to stderr.
 * `OTEL_LOG_LEVEL` says how much. Throws for an unknown level.
 */
export function showDiagnostics(): void {
  const level = readChoice('OTEL_LOG_LEVEL', Object.keys(LEVELS) as (keyof typeof LEVELS)[]) ?? 'warn';
  if (hasLogger()) return;
  diag.setLogger(stderrLogger(), { logLevel: LEVELS[level], suppressOverrideMessage: true });
}

// The API has no question for it; this is where every 1.x copy of it keeps what is registered.
function hasLogger(): boolean {
  const registered = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')];
  return typeof registered === 'object' && registered !== null && 'diag' in registered && registered.diag !== undefined;
}

// stdout may be the application's output, so nothing of ours goes there, whatever its level.
function stderrLogger(): DiagConsoleLogger {
  const logger = new DiagConsoleLogger();
  const write = (...message: unknown[]): void => console.error(...message);
  return Object.assign(logger, { info: write, debug: write, verbose: write });
}
