import { type LogFieldOptions, logFieldReader } from '@throughline/core';
import { noteErrorLine } from '@throughline/core/trace-keepers';

export type { LogFieldOptions };

/** What pino passes to its mixin; all of it may be missing, so that you can call the mixin in one of your own. */
export type TraceFieldsMixin = (line?: object, level?: number, logger?: PinoLogger) => Record<string, string | boolean>;

type PinoLogger = {
  bindings(): Record<string, unknown>;
  readonly levels?: { readonly values: Readonly<Record<string, number>> };
};

const PINO_ERROR = 50;

/**
 * A pino `mixin` that puts the ids of the active span and request into every line: `trace_id`, `span_id`, `trace_flags`
 * and `request_id`, or what another backend calls them. A field of the line or of the logger's bindings wins over ours
 * of the same name. Throws a `TypeError` for a wrong option.
 *
 * A line of the level error or above counts as an error for `sampling.keep` of `startTracing`.
 *
 * @example
 * const logger = pino({ mixin: traceFields() });
 */
export function traceFields(options: LogFieldOptions = {}): TraceFieldsMixin {
  const readFields = logFieldReader('logs/pino', options);
  // The bindings of the logger that wrote last, if none of our names is in them: mostly it is the same one again.
  let free: string | undefined;
  return function traceFieldsMixin(_line, level, logger) {
    if (level !== undefined && level >= (logger?.levels?.values.error ?? PINO_ERROR)) noteErrorLine();
    const fields = readFields();
    if (logger === undefined) return fields;
    const text = bindingsText(logger);
    if (text !== undefined && text === free) return fields;
    if (text !== undefined && !hasAny(text, readFields.names)) free = text;
    else leaveOutBound(fields, logger, text);
    return fields;
  };
}

// pino itself lets the line's fields win. Bindings it writes as text in front of ours, where a parser forgets them.
function leaveOutBound(fields: Record<string, unknown>, logger: PinoLogger, text: string | undefined): void {
  for (const name in fields) {
    if ((text === undefined || text.includes(name)) && Object.hasOwn(logger.bindings(), name)) delete fields[name];
  }
}

// The text may have a name elsewhere; parsing it is dear, and all but never needed. A search for the quoted name would be
// exact and take five times as long: text is full of quotes.
function hasAny(text: string, names: readonly string[]): boolean {
  for (const name of names) if (text.includes(name)) return true;
  return false;
}

let textKey: symbol | undefined;

// Where pino keeps the bindings it has serialised. `pino.symbols` has the key, at the price of importing pino: a second
// copy of it would have another one. Without the key we parse.
function bindingsText(logger: PinoLogger & { [key: symbol]: unknown }): string | undefined {
  textKey ??= Object.getOwnPropertySymbols(logger).find((key) => key.description === 'pino.chindings');
  const text = textKey === undefined ? undefined : logger[textKey];
  return typeof text === 'string' ? text : undefined;
}
