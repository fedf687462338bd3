import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { withSpan } from '@throughline/core';
import { type LogFieldOptions, traceFormat, traceWinston } from '@throughline/logs/winston';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, format, type Logger, type LoggerOptions, transports } from 'winston';
import { LogLines } from './log-lines.ts';

let recorder: SpanRecorder;
let out: LogLines;

beforeAll(async () => {
  recorder = await recordSpans();
});
beforeEach(() => {
  out = new LogLines();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

async function inSpan(log: () => unknown): Promise<RecordedSpan> {
  await withSpan('work', log);
  return recorder.take('work');
}

const toLines = () => new transports.Stream({ stream: out });

const byFormat = (options: LoggerOptions = {}, fields?: LogFieldOptions): Logger =>
  createLogger({
    transports: [toLines()],
    ...options,
    format: format.combine(traceFormat(fields), options.format ?? format.json()),
  });
const byLogger = (options: LoggerOptions = {}, fields?: LogFieldOptions): Logger =>
  traceWinston(createLogger({ transports: [toLines()], format: format.json(), ...options }), fields);

describe.each([
  ['traceFormat', byFormat],
  ['traceWinston', byLogger],
])('%s', (_name, create) => {
  it('puts the ids of the active span into a line', async () => {
    const logger = create();
    const span = await inSpan(() => logger.info('hello', { user: 7 }));
    expect(out.only).toEqual({
      level: 'info',
      message: 'hello',
      user: 7,
      trace_id: span.traceId,
      span_id: span.spanId,
      trace_flags: '01',
    });
  });

  it('adds nothing outside of spans and requests', () => {
    create().info('hello');
    expect(out.only).toEqual({ level: 'info', message: 'hello' });
  });

  it('takes the ids at the moment of logging', async () => {
    const logger = create();
    const outer = await inSpan(async () => {
      logger.info('before');
      await withSpan('inner', () => logger.info('within'));
      logger.info('after');
    });
    const inner = await recorder.take('inner');
    expect(out.lines.map((line) => line.span_id)).toEqual([outer.spanId, inner.spanId, outer.spanId]);
  });

  it('lets fields of the line, of the logger and of a child win', async () => {
    const logger = create({ defaultMeta: { request_id: 'job-1' } });
    const span = await inSpan(() => logger.child({ trace_flags: 'child' }).info('hello', { trace_id: 'mine' }));
    expect(out.only).toMatchObject({
      trace_id: 'mine',
      trace_flags: 'child',
      request_id: 'job-1',
      span_id: span.spanId,
    });
  });

  it('adds no field to an object of the caller', async () => {
    const logger = create();
    const line = { level: 'info', message: 'hello' };
    const meta = Object.freeze({ user: 7 });
    const span = await inSpan(() => {
      logger.log(line);
      logger.info('hello', meta);
    });
    expect(Object.keys(line)).toEqual(['level', 'message']);
    expect(out.lines.map((written) => written.trace_id)).toEqual([span.traceId, span.traceId]);
  });

  it('gives children of children the ids', async () => {
    const child = create().child({ part: 'basket' }).child({ item: 3 });
    const span = await inSpan(() => child.warn('hello'));
    expect(out.only).toMatchObject({ part: 'basket', item: 3, trace_id: span.traceId });
  });

  it('works with splat, where a field among the values wins too', async () => {
    const logger = create({ format: format.combine(format.splat(), format.json()) });
    const span = await inSpan(() => logger.info('%s has %d', 'basket', 3, { trace_id: 'mine' }));
    expect(out.only).toMatchObject({ message: 'basket has 3', trace_id: 'mine', span_id: span.spanId });
  });

  it('works with printf', async () => {
    const text: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text.push(String(chunk));
        done();
      },
    });
    const logger = create({
      format: format.printf(({ message, trace_id, span_id }) => `${message} ${trace_id} ${span_id}`),
      transports: [new transports.Stream({ stream, eol: '\n' })],
    });
    const span = await inSpan(() => logger.info('hello'));
    expect(text.join('')).toBe(`hello ${span.traceId} ${span.spanId}\n`);
  });

  it('keeps errors errors, with stack and cause', async () => {
    const logger = create({ format: format.combine(format.errors({ stack: true, cause: true }), format.json()) });
    const error = new RangeError('too far', { cause: 'the map' });
    const span = await inSpan(() => logger.error(error));
    expect(out.only).toMatchObject({ message: 'too far', cause: 'the map', level: 'error', trace_id: span.traceId });
    expect(out.only.stack).toContain('RangeError: too far');
    expect(error).not.toHaveProperty('trace_id');
  });

  it('keeps an error given as the second value', async () => {
    const span = await inSpan(() => create().error('failed', new Error('because')));
    expect(out.only).toMatchObject({ message: 'failed because', trace_id: span.traceId });
  });

  it('gives several transports the same ids, also those with a format of their own', async () => {
    const second = new LogLines();
    const logger = create({
      transports: [toLines(), new transports.Stream({ stream: second, format: format.json() })],
    });
    const span = await inSpan(() => logger.info('hello'));
    expect(out.only.trace_id).toBe(span.traceId);
    expect(second.only).toEqual(out.only);
  });

  it('leaves lines alone that a later or earlier format drops, and levels that are off', async () => {
    const logger = create({ level: 'warn', format: format.combine({ transform: () => false }, format.json()) });
    await inSpan(() => {
      logger.warn('dropped');
      logger.debug('off');
    });
    expect(out.lines).toEqual([]);
  });

  it('never mixes the ids of 100 concurrent spans', async () => {
    const logger = create();
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        withSpan(`job ${n}`, async () => {
          await turn();
          logger.info('hello', { job: n });
        }),
      ),
    );
    expect(out.lines).toHaveLength(100);
    for (const line of out.lines) expect((await recorder.take(`job ${line.job}`)).spanId).toBe(line.span_id);
  });

  it("writes another backend's names", async () => {
    const span = await inSpan(() => create({}, { names: 'datadog' }).info('hello'));
    expect(out.only).toMatchObject({ 'dd.trace_id': span.traceId });
    expect(
      BigInt(out.only['dd.span_id'] as string)
        .toString(16)
        .padStart(16, '0'),
    ).toBe(span.spanId);
  });

  it('refuses a wrong option and says which', () => {
    const options = { names: 'splunk' } as unknown as LogFieldOptions;
    expect(() => create({}, options)).toThrow('[logs/winston] Expected `names`');
  });
});

describe('traceFormat', () => {
  it('does not copy a line that it adds nothing to', () => {
    const info = { level: 'info', message: 'hello' };
    expect(traceFormat().transform(info)).toBe(info);
  });

  it('does nothing twice', async () => {
    const first = traceFormat();
    const second = vi.spyOn(first, 'transform');
    const logger = createLogger({
      format: format.combine(traceFormat(), first, format.json()),
      transports: [toLines()],
    });
    const span = await inSpan(() => logger.info('hello'));
    expect(out.only.span_id).toBe(span.spanId);
    expect(second.mock.results[0]?.value).toBe(second.mock.calls[0]?.[0]);
  });
});

describe('traceWinston', () => {
  it('knows the span of each line however late a slow transport takes it', async () => {
    const written: { job?: number; span_id?: string }[] = [];
    const transport = new transports.Stream({ stream: out });
    transport.log = (info, next) =>
      setImmediate(() => {
        written.push(info);
        next();
      });
    const logger = byLogger({ transports: [transport] });
    const spanIds = new Map<number, string>();
    for (let job = 0; job < 200; job += 1) {
      withSpan('job', (span) => {
        spanIds.set(job, span.spanContext().spanId);
        logger.info('hello', { job });
      });
      await recorder.take('job');
    }
    logger.info('outside');
    while (written.length < 201) await turn();
    for (const { job, span_id } of written) {
      expect(span_id).toBe(job === undefined ? undefined : spanIds.get(job));
    }
  });

  it('works when lines are piped in, with a callback', async () => {
    const logger = byLogger();
    const done = vi.fn();
    const span = await inSpan(() => logger.write({ level: 'info', message: 'piped' }, done));
    expect(out.only).toMatchObject({ message: 'piped', trace_id: span.traceId });
    await turn();
    expect(done).toHaveBeenCalledOnce();
  });

  it('leaves it to winston to refuse what is no line', async () => {
    const refusalOf = async (logger: Logger) => {
      const refused = once(logger, 'error');
      logger.write(null as never);
      return String((await refused)[0]);
    };
    expect(await refusalOf(byLogger())).toBe(await refusalOf(createLogger()));
  });

  it('returns the logger it was given', () => {
    const logger = createLogger({ transports: [toLines()] });
    expect(traceWinston(logger)).toBe(logger);
  });
});
