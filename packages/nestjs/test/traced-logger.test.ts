import 'reflect-metadata';
import { Controller, Get, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { withSpan } from '@throughline/core';
import { TracedLogger, type TracedLoggerOptions, TracingModule } from '@throughline/nestjs';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let recorder: SpanRecorder;
const lines: string[] = [];
beforeEach(async () => {
  recorder = await recordSpans();
  lines.length = 0;
  const write = (text: unknown): void => {
    lines.push(String(text));
  };
  vi.spyOn(console, 'log').mockImplementation(write);
  vi.spyOn(console, 'error').mockImplementation(write);
});
afterEach(async () => {
  vi.restoreAllMocks();
  Logger.overrideLogger(false);
  recorder.assertEmpty();
  await recorder.stop();
});

it('a JSON line has the ids of the active span as fields', async () => {
  const { line, span } = await logged({ json: true }, (logger) => logger.log('hello', 'Cats'));
  expect(JSON.parse(line)).toMatchObject({
    level: 'log',
    message: 'hello',
    context: 'Cats',
    trace_id: span.traceId,
    span_id: span.spanId,
    trace_flags: '01',
  });
});

it('a JSON line of an error has the ids too', async () => {
  const { line, span } = await logged({ json: true }, (logger) => logger.error(new RangeError('broken')));
  expect(JSON.parse(line)).toMatchObject({ message: 'broken', trace_id: span.traceId });
});

it("another backend's names are an option", async () => {
  const { line, span } = await logged({ json: true, names: 'ecs' }, (logger) => logger.warn('hello'));
  expect(JSON.parse(line)).toMatchObject({ 'trace.id': span.traceId, 'span.id': span.spanId });
});

it('a field of the line wins', async () => {
  const own = { trace_id: 'mine' };
  const flat = await logged({ json: true, flattenParams: true }, (logger) => logger.log('hello', own));
  expect(JSON.parse(flat.line)).toMatchObject({ trace_id: 'mine', span_id: flat.span.spanId });
  const text = await logged({}, (logger) => logger.log('hello', own));
  expect(text.line).toContain(`{ trace_id: 'mine' } span_id=${text.span.spanId}`);
  expect(text.line).not.toContain('trace_id=');
});

it('a line of text ends with the ids', async () => {
  const { line, span } = await logged({}, (logger) => logger.log('hello'));
  expect(line.endsWith(` hello trace_id=${span.traceId} span_id=${span.spanId} trace_flags=01`)).toBe(true);
});

it('outside of spans, lines are those of the ConsoleLogger', () => {
  new TracedLogger({ json: true, forceConsole: true }).log('hello');
  new TracedLogger('Cats', { colors: false, forceConsole: true }).log('hello');
  expect(Object.keys(JSON.parse(lines[0] as string))).toEqual(['level', 'pid', 'timestamp', 'message']);
  expect(lines[1]).toMatch(/\[Cats\] hello$/);
});

it("an application's logger has the ids of each request, from every `Logger`, also where Nest makes it", async () => {
  @Controller()
  class CatController {
    readonly #logger = new Logger(CatController.name);

    @Get('cats/:id')
    cat(): string {
      this.#logger.log('found');
      return 'cat';
    }
  }
  class AppModule {}
  const logger = { provide: TracedLogger, useFactory: () => new TracedLogger({ json: true, forceConsole: true }) };
  Module({ imports: [TracingModule.forRoot()], controllers: [CatController], providers: [logger] })(AppModule);
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), {
    bufferLogs: true,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.useLogger(app.get(TracedLogger));
  await app.listen(0, '127.0.0.1');
  await fetch(`${await app.getUrl()}/cats/7`, { headers: { 'x-request-id': 'r-7' } });
  await app.close();
  const { traceId, spanId } = await recorder.take('GET /cats/:id');
  const found = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'found');
  expect(found).toMatchObject([{ context: 'CatController', trace_id: traceId, span_id: spanId, request_id: 'r-7' }]);
});

it('Nest can make it as a provider, without options', async () => {
  class AppModule {}
  Module({ providers: [TracedLogger] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  expect(app.get(TracedLogger)).toBeInstanceOf(TracedLogger);
  await app.close();
});

it('a wrong option is refused at once', () => {
  expect(() => new TracedLogger({ names: 'splunk' as never })).toThrow(
    "[nestjs] Expected `names` to be 'otel', 'gcp', 'datadog' or 'ecs', got the string \"splunk\".",
  );
});

async function logged(
  options: TracedLoggerOptions,
  log: (logger: TracedLogger) => void,
): Promise<{ line: string; span: RecordedSpan }> {
  const logger = new TracedLogger({ colors: false, forceConsole: true, ...options });
  withSpan('work', () => log(logger));
  return { line: lines.at(-1) as string, span: await recorder.take('work') };
}
