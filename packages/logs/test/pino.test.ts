import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withSpan } from '@throughline/core';
import { type LogFieldOptions, traceFields } from '@throughline/logs/pino';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import pino, { type LoggerOptions } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Line, LogLines } from './log-lines.ts';

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

const createLogger = (options: LoggerOptions = {}) => pino({ mixin: traceFields(), ...options }, out);

async function inSpan(log: () => unknown): Promise<RecordedSpan> {
  await withSpan('work', log);
  return recorder.take('work');
}

describe('traceFields', () => {
  it('puts the ids of the active span into a line', async () => {
    const logger = createLogger();
    const span = await inSpan(() => logger.info({ user: 7 }, 'hello'));
    expect(out.only).toMatchObject({ trace_id: span.traceId, span_id: span.spanId, trace_flags: '01', user: 7 });
  });

  it('adds nothing outside of spans and requests', () => {
    createLogger().info('hello');
    expect(Object.keys(out.only)).toEqual(['level', 'time', 'pid', 'hostname', 'msg']);
  });

  it('takes the ids at the moment of logging', async () => {
    const logger = createLogger();
    const outer = await inSpan(async () => {
      logger.info('before');
      await withSpan('inner', () => logger.info('within'));
      logger.info('after');
    });
    const inner = await recorder.take('inner');
    expect(out.lines.map((line) => line.span_id)).toEqual([outer.spanId, inner.spanId, outer.spanId]);
  });

  it('lets a field of the line win, and changes no object of the caller', async () => {
    const logger = createLogger();
    const fields = Object.freeze({ trace_id: 'mine' });
    const span = await inSpan(() => logger.info(fields, 'hello'));
    expect(out.only).toMatchObject({ trace_id: 'mine', span_id: span.spanId });
    expect(fields).toEqual({ trace_id: 'mine' });
  });

  it('logs an error with its stack and the ids', async () => {
    const span = await inSpan(() => createLogger().error(new RangeError('too far')));
    expect(out.only).toMatchObject({ trace_id: span.traceId, msg: 'too far', err: { type: 'RangeError' } });
  });

  it('keeps the bindings of children, and gives children of children the ids', async () => {
    const child = createLogger().child({ part: 'basket' }).child({ item: 3 });
    const span = await inSpan(() => child.info('hello'));
    expect(out.only).toMatchObject({ part: 'basket', item: 3, trace_id: span.traceId });
  });

  it("lets a child's own binding win, and writes each name once", async () => {
    const child = createLogger().child({ trace_id: 'bound', request_id: 'job-1' });
    const span = await inSpan(() => child.info('hello'));
    expect(out.only).toMatchObject({ trace_id: 'bound', request_id: 'job-1', span_id: span.spanId });
    expect(out.raw[0]?.match(/"trace_id"/g)).toHaveLength(1);
  });

  it('lets a binding that is set later win', async () => {
    const logger = createLogger();
    await inSpan(() => logger.info('one'));
    logger.setBindings({ trace_id: 'bound' });
    await inSpan(() => logger.info('two'));
    expect(out.lines[0]?.trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(out.lines[1]?.trace_id).toBe('bound');
  });

  it('adds the ids when a binding has the same name further down', async () => {
    const child = createLogger().child({ job: { trace_id: 'of the job' } });
    const span = await inSpan(() => child.info('hello'));
    expect(out.only).toMatchObject({ job: { trace_id: 'of the job' }, trace_id: span.traceId });
  });

  it('lets a binding win without knowing where pino keeps them', () => {
    const fields = withSpan('work', () => traceFields()({}, 30, { bindings: () => ({ trace_id: 'bound' }) }));
    expect(fields).toHaveProperty('span_id');
    expect(fields).not.toHaveProperty('trace_id');
    return recorder.take('work');
  });

  it('is not asked when the level is off', async () => {
    const mixin = vi.fn(traceFields());
    const logger = createLogger({ mixin, level: 'warn' });
    await inSpan(() => logger.info('hello'));
    expect(mixin).not.toHaveBeenCalled();
    await inSpan(() => logger.warn('hello'));
    expect(mixin).toHaveBeenCalledOnce();
  });

  it('can be called in a mixin of your own', async () => {
    const fields = traceFields();
    const logger = createLogger({ mixin: () => ({ ...fields(), region: 'eu' }) });
    const span = await inSpan(() => logger.info('hello'));
    expect(out.only).toMatchObject({ trace_id: span.traceId, region: 'eu' });
  });

  it('works beside redaction, serializers, formatters and nested keys', async () => {
    const logger = createLogger({
      redact: ['password'],
      nestedKey: 'fields',
      serializers: { user: (user: { id: number }) => user.id },
      formatters: { level: (label) => ({ severity: label }) },
    });
    const span = await inSpan(() => logger.info({ password: 'x', user: { id: 7 } }, 'hello'));
    expect(out.only).toMatchObject({ severity: 'info', msg: 'hello' });
    expect(out.only.fields).toMatchObject({ user: 7, trace_id: span.traceId, span_id: span.spanId });
    expect(out.raw[0]).not.toContain('"x"');
  });

  it('gives all streams of a multistream the same ids', async () => {
    const second = new LogLines();
    const logger = pino({ mixin: traceFields() }, pino.multistream([out, second]));
    const span = await inSpan(() => logger.info('hello'));
    expect(out.only.trace_id).toBe(span.traceId);
    expect(second.only).toEqual(out.only);
  });

  it('puts the ids into lines that a transport writes in a worker thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'throughline-'));
    const destination = join(folder, 'app.log');
    const transport = pino.transport({ target: 'pino/file', options: { destination } });
    await once(transport, 'ready');
    const logger = pino({ mixin: traceFields() }, transport);
    const spans = [await inSpan(() => logger.info('one')), await inSpan(() => logger.info('two'))];
    await new Promise((resolve) => transport.on('close', resolve).end());
    const lines = (await readFile(destination, 'utf8')).trim().split('\n');
    await rm(folder, { recursive: true });
    expect(lines.map((line) => (JSON.parse(line) as Line).trace_id)).toEqual(spans.map((span) => span.traceId));
  });

  it("writes another backend's names, and lets a field of the line win there too", async () => {
    const logger = createLogger({ mixin: traceFields({ names: 'ecs' }) });
    const span = await inSpan(() => logger.child({ 'span.id': 'bound' }).info({}, 'hello'));
    expect(out.only).toMatchObject({ 'trace.id': span.traceId, 'span.id': 'bound' });
    expect(out.only).not.toHaveProperty('trace_id');
  });

  it('refuses a wrong option and says which', () => {
    expect(() => traceFields({ names: 'splunk' } as unknown as LogFieldOptions)).toThrow(
      '[logs/pino] Expected `names`',
    );
  });
});
