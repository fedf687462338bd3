import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel } from '@nestjs/common';
import { type LogFieldOptions, type LogFieldReader, logFieldReader } from '@throughline/core';

/** The options of Nest's `ConsoleLogger`, and `names` and `projectId`: what the ids are called, as in every logger. */
export type TracedLoggerOptions = ConsoleLoggerOptions & LogFieldOptions;

/**
 * Nest's own `ConsoleLogger` with the ids of the active span and request in every line: as fields with `json: true`,
 * else at the end of the line. A field of yours of the same name wins. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const app = await NestFactory.create(AppModule, { logger: new TracedLogger({ json: true }) });
 */
export class TracedLogger extends ConsoleLogger {
  readonly #readFields: LogFieldReader;

  constructor(contextOrOptions: string | TracedLoggerOptions = {}, options?: TracedLoggerOptions) {
    const given = options ?? (typeof contextOrOptions === 'string' ? {} : contextOrOptions);
    const { names, projectId, ...own } = given;
    super({ ...(typeof contextOrOptions === 'string' && { context: contextOrOptions }), ...own });
    this.#readFields = logFieldReader('nestjs', {
      ...(names !== undefined && { names }),
      ...(projectId !== undefined && { projectId }),
    });
  }

  protected override getJsonLogObject(message: unknown, options: JsonLine) {
    // In front, because Nest cuts off the end of a line that is too long.
    return { ...this.#readFields(), ...super.getJsonLogObject(message, options) };
  }

  protected override formatMessage(...[level, message, pid, label, context, elapsed, params]: TextLine): string {
    const ids = Object.entries(this.#readFields())
      .filter(([name]) => !isGiven(name, message) && !isGiven(name, params))
      .map(([name, value]) => ` ${name}=${value}`);
    return super.formatMessage(level, message, pid, label, context, ids.join('') + elapsed, params);
  }
}

type JsonLine = { context: string; logLevel: LogLevel };

type TextLine = [
  level: LogLevel,
  message: unknown,
  pid: string,
  label: string,
  context: string,
  elapsed: string,
  params?: Record<string, unknown>,
];

function isGiven(name: string, fields: unknown): boolean {
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name);
}
