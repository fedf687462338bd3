import { type LogFieldOptions, type LogFieldReader, logFieldReader } from '@throughline/core';
import { noteErrorLine } from '@throughline/core/trace-keepers';
import type { Logform, Logger } from 'winston';

export type { LogFieldOptions };

/**
 * A winston format that adds the ids of the active span and request to every line: `trace_id`, `span_id`,
 * `trace_flags` and `request_id`, or what another backend calls them. A field of the line wins over ours of the same
 * name. Throws a `TypeError` for a wrong option. A line of the level error counts as an error for `sampling.keep`.
 *
 * Winston formats a line later, and in the context of another, when its transports fall behind (some 30 lines wait for
 * a file or the network). Where that can happen, use `traceWinston` instead.
 *
 * @example
 * const logger = createLogger({ format: format.combine(traceFormat(), format.json()) });
 */
export function traceFormat(options: LogFieldOptions = {}): Logform.Format {
  const readFields = logFieldReader('logs/winston', options);
  return { transform: (info) => addFields(info, readFields) };
}

/**
 * Makes this logger and its children add the ids that `traceFormat` would, at the moment a line is logged, however late
 * winston comes to format it. Returns the logger. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const logger = traceWinston(createLogger({ transports: [new transports.File({ filename: 'app.log' })] }));
 */
export function traceWinston<Traced extends Logger>(logger: Traced, options: LogFieldOptions = {}): Traced {
  const readFields = logFieldReader('logs/winston', options);
  // Every way to log, a child's included, ends in the `write` of the logger that `createLogger` returned.
  const write = logger.write as (...args: unknown[]) => boolean;
  logger.write = function writeWithFields(this: Traced, info: unknown, ...rest: unknown[]): boolean {
    return write.call(this, typeof info === 'object' && info !== null ? addFields(info, readFields) : info, ...rest);
  };
  return logger;
}

// The names of winston's npm, syslog and cli levels, and what others call the worst.
const ERROR_LEVELS = new Set(['error', 'fatal', 'crit', 'critical', 'alert', 'emerg']);
// The level as the caller gave it; `level` may have colours.
const LEVEL = Symbol.for('level');

function noteIfError(info: { readonly level?: unknown; readonly [LEVEL]?: unknown }): void {
  const level = info[LEVEL] ?? info.level;
  if (typeof level === 'string' && ERROR_LEVELS.has(level)) noteErrorLine();
}

// Into a copy: the object may be the caller's own.
function addFields<Info extends object>(info: Info, readFields: LogFieldReader): Info {
  noteIfError(info);
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(readFields())) {
    if ((info as Record<string, unknown>)[name] !== undefined) continue;
    copy ??= copyOf(info);
    copy[name] = value;
  }
  return (copy as Info | undefined) ?? info;
}

// A copy of an error is an error, for `format.errors()`.
function copyOf(info: object): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(info);
  if (prototype === Object.prototype) return { ...info };
  const copy = Object.create(prototype, Object.getOwnPropertyDescriptors(info));
  // From Node 21 on, `stack` is an accessor that only answers for the error it was made with.
  if (info instanceof Error)
    Object.defineProperty(copy, 'stack', { value: info.stack, configurable: true, writable: true });
  return copy;
}
