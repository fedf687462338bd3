import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { type LogFieldOptions, logFieldReader, logFields, withSpan } from '@throughline/core';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setRequestScope } from '../src/correlation.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
let recorder: SpanRecorder;

beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

describe('logFields', () => {
  it('is empty outside of spans and requests', () => {
    expect(logFields()).toEqual({});
  });

  it('holds the ids of the span that is active now', async () => {
    const seen = withSpan('outer', () => [logFields(), withSpan('inner', () => logFields()), logFields()]);
    const inner = await recorder.take('inner');
    const outer = await recorder.take('outer');
    expect(seen.map((fields) => fields.span_id)).toEqual([outer.spanId, inner.spanId, outer.spanId]);
    expect(seen[0]).toEqual({ trace_id: outer.traceId, span_id: outer.spanId, trace_flags: '01' });
  });

  it('writes the flags as two hex digits', () => {
    expect(inRequest(0, logFields).trace_flags).toBe('00');
    expect(inRequest(3, logFields).trace_flags).toBe('03');
    expect(inRequest(0xff, logFields).trace_flags).toBe('ff');
  });

  it('holds the request id of a request without a span', () => {
    const active = setRequestScope(ROOT_CONTEXT, { correlation: { id: 'r-1', header: 'x-request-id' } });
    expect(context.with(active, logFields)).toEqual({ request_id: 'r-1' });
  });

  it('leaves out an invalid span context', () => {
    const invalid = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 1 });
    expect(context.with(trace.setSpan(ROOT_CONTEXT, invalid), logFields)).toEqual({});
  });

  it('makes a fresh object each time', () => {
    const [first, second] = inRequest(1, () => [logFields(), logFields()]);
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
  });
});

describe('logFieldReader', () => {
  it('uses the names of OpenTelemetry by default', () => {
    const fields = { trace_id: TRACE_ID, span_id: SPAN_ID, trace_flags: '01', request_id: 'r-1' };
    expect(inRequest(1, logFieldReader('kit'))).toEqual(fields);
    expect(inRequest(1, logFieldReader('kit', { names: 'otel' }))).toEqual(fields);
  });

  it('names what Google Cloud Logging takes for the trace of a line', () => {
    expect(inRequest(1, logFieldReader('kit', { names: 'gcp', projectId: 'shop-1' }))).toEqual({
      'logging.googleapis.com/trace': `projects/shop-1/traces/${TRACE_ID}`,
      'logging.googleapis.com/spanId': SPAN_ID,
      'logging.googleapis.com/trace_sampled': true,
      request_id: 'r-1',
    });
    const bare = inRequest(2, logFieldReader('kit', { names: 'gcp' }));
    expect(bare['logging.googleapis.com/trace']).toBe(TRACE_ID);
    expect(bare['logging.googleapis.com/trace_sampled']).toBe(false);
  });

  it('writes the span id in decimal and a trace id of 128 bits in hex for Datadog', () => {
    expect(inRequest(1, logFieldReader('kit', { names: 'datadog' }))).toEqual({
      'dd.trace_id': TRACE_ID,
      'dd.span_id': '13235353014750950193',
      request_id: 'r-1',
    });
  });

  it('writes a trace id of 64 bits in decimal for Datadog', () => {
    const fields = inRequest(1, logFieldReader('kit', { names: 'datadog' }), `${'0'.repeat(16)}${SPAN_ID}`);
    expect(fields['dd.trace_id']).toBe('13235353014750950193');
  });

  it('uses the field names of the Elastic Common Schema', () => {
    expect(inRequest(1, logFieldReader('kit', { names: 'ecs' }))).toEqual({
      'trace.id': TRACE_ID,
      'span.id': SPAN_ID,
      'http.request.id': 'r-1',
    });
  });

  it.each(['otel', 'gcp', 'datadog', 'ecs'] as const)('reads nothing outside of requests for %s', (names) => {
    expect(logFieldReader('kit', { names })()).toEqual({});
  });

  it.each([
    [{ names: 'aws' }, "[kit] Expected `names` to be 'otel', 'gcp', 'datadog' or 'ecs', got the string \"aws\"."],
    [{ names: 'toString' }, 'Expected `names` to be'],
    [{ name: 'gcp' }, '[kit] There is no option `name`. Use one of `names`, `projectId`.'],
    [{ names: 'gcp', projectId: '' }, '[kit] Expected `projectId` to be a Google Cloud project id, got the string "".'],
    [{ names: 'gcp', projectId: true }, 'got boolean'],
    [{ projectId: 'shop-1' }, "[kit] `projectId` means nothing to 'otel'. Remove it, or set `names: 'gcp'`."],
    [null, '[kit] Expected the options to be an object, got null.'],
  ])('refuses %j', (options, message) => {
    const compile = () => logFieldReader('kit', options as LogFieldOptions);
    expect(compile).toThrow(TypeError);
    expect(compile).toThrow(message);
  });
});

function inRequest<Result>(traceFlags: number, run: () => Result, traceId = TRACE_ID): Result {
  const withIds = trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext({ traceId, spanId: SPAN_ID, traceFlags }));
  return context.with(setRequestScope(withIds, { correlation: { id: 'r-1', header: 'x-request-id' } }), run);
}
