import { createRequire } from 'node:module';
import { context, trace } from '@opentelemetry/api';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { traceClient, tracePool } from '@throughline/databases/pg';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import type Pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';

// A file of its own: what is patched stays patched, and every test file has a process of its own.
describeWithService('postgres', 'beside @opentelemetry/instrumentation-pg', (connectionString) => {
  let recorder: SpanRecorder;
  let pg: typeof Pg;
  beforeAll(async () => {
    recorder = await recordSpans();
    const instrumentation = new PgInstrumentation();
    instrumentation.setTracerProvider(trace.getTracerProvider());
    pg = createRequire(import.meta.url)('pg'); // it patches when somebody asks for the module
  });
  afterAll(() => recorder.stop());

  it('a traced pool makes the only span of a query, and the instrumentation that of connecting', async () => {
    const pool = tracePool(new pg.Pool({ connectionString, max: 1 }));
    const own = await trace.getTracer('test').startActiveSpan('request', async (span) => {
      await pool.query('SELECT 1');
      await new Promise((resolve) => {
        pool.query('SELECT 2', () => resolve(expect(trace.getActiveSpan()).toBe(span)));
      });
      const client = await pool.connect();
      await client.query('SELECT 3');
      client.release();
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
      return span.spanContext().spanId;
    });
    await pool.end();
    const spans = recorder.finished();
    const queries = spans.filter(({ name }) => name.includes('SELECT'));
    expect(queries.map(({ scope, parentSpanId }) => [scope, parentSpanId])).toEqual(
      Array.from({ length: 3 }, () => ['@throughline/databases/pg', own]),
    );
    const connects = spans.filter(({ name }) => name === 'pg-pool.connect');
    expect(connects.map(({ parentSpanId }) => parentSpanId)).toEqual([own, own, own]);
    expect(spans.map(({ name }) => name)).not.toContain('pool.connect');
    recorder.clear();
  });

  it('a client that nobody wrapped is still the instrumentation’s', async () => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query('SELECT 1');
    traceClient(client);
    await client.query('SELECT 2');
    await client.end();
    const scopes = recorder.finished().filter(({ name }) => /query|SELECT/.test(name));
    expect(scopes.map(({ scope }) => scope)).toEqual([
      '@opentelemetry/instrumentation-pg',
      '@throughline/databases/pg',
    ]);
    expect(context.active()).toBeDefined();
    recorder.clear();
  });
});
