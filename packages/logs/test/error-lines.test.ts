import { Writable } from 'node:stream';
import type { SpanContext } from '@opentelemetry/api';
import { withSpan } from '@throughline/core';
import { traceKeepers } from '@throughline/core/trace-keepers';
import { traceFields } from '@throughline/logs/pino';
import { traceFormat, traceWinston } from '@throughline/logs/winston';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { config, createLogger, format, transports } from 'winston';
import { LogLines } from './log-lines.ts';

let recorder: SpanRecorder;
let noted: string[] = [];
const keeper = {
  keep: () => false,
  noteErrorLine: ({ spanId }: SpanContext) => void noted.push(spanId),
};

beforeAll(async () => {
  recorder = await recordSpans();
});
beforeEach(() => {
  noted = [];
  traceKeepers().add(keeper);
});
afterEach(() => {
  traceKeepers().delete(keeper);
  recorder.assertEmpty();
});
afterAll(() => recorder.stop());

/** How many of the lines that are logged in a span were noted as errors of that span. */
async function notedIn(log: () => unknown): Promise<number> {
  await withSpan('work', log);
  const { spanId } = await recorder.take('work');
  expect(noted.every((id) => id === spanId)).toBe(true);
  return noted.length;
}

const nowhere = () => new transports.Stream({ stream: new Writable({ write: (_line, _encoding, done) => done() }) });

it('notes lines of the levels error and fatal that pino logs', async () => {
  const out = new LogLines();
  const logger = pino({ mixin: traceFields() }, out);
  expect(
    await notedIn(() => {
      for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) logger[level](level);
      logger.child({ module: 'a' }).error(new Error('declined'));
    }),
  ).toBe(3);
});

it("goes by the logger's own levels", async () => {
  const customLevels = { fine: 10, bad: 60, error: 70 };
  const logger = pino<'fine' | 'bad' | 'error'>(
    { mixin: traceFields(), customLevels, useOnlyCustomLevels: true, level: 'fine' },
    new LogLines(),
  );
  expect(
    await notedIn(() => {
      logger.bad('not an error here');
      logger.error('an error');
    }),
  ).toBe(1);
});

it('notes nothing of lines that are not logged, and nothing without a span', async () => {
  const logger = pino({ mixin: traceFields(), level: 'silent' }, new LogLines());
  logger.error('outside');
  expect(await notedIn(() => logger.error('not logged'))).toBe(0);
  pino({ mixin: traceFields() }, new LogLines()).error('outside');
  expect(noted).toEqual([]);
});

it.each([
  [
    'traceFormat',
    () => createLogger({ format: format.combine(format.colorize(), traceFormat()), transports: [nowhere()] }),
  ],
  ['traceWinston', () => traceWinston(createLogger({ transports: [nowhere()] }))],
])('notes lines of the level error that winston logs: %s', async (_name, create) => {
  const logger = create();
  expect(
    await notedIn(() => {
      for (const level of ['silly', 'debug', 'info', 'warn', 'error']) logger.log(level, level);
      logger.child({ module: 'a' }).error('b');
    }),
  ).toBe(2);
});

it("knows the worst of winston's syslog levels", async () => {
  const logger = createLogger({ levels: config.syslog.levels, format: traceFormat(), transports: [nowhere()] });
  expect(
    await notedIn(() => {
      for (const level of Object.keys(config.syslog.levels)) logger.log(level, level);
    }),
  ).toBe(4);
});
