import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { type StartTracingOptions, startTracing, type Tracing } from '@throughline/sdk';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let tracing: Tracing | undefined;

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await tracing?.shutdown();
  tracing = undefined;
});

function start(options: StartTracingOptions = {}): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  tracing = startTracing({ exporter, ...options });
  return exporter;
}

/** The share of 400 root spans that are sampled. */
function sampledShare(): number {
  const tracer = trace.getTracer('test');
  let sampled = 0;
  for (let index = 0; index < 400; index++) {
    const span = tracer.startSpan('root', {}, ROOT_CONTEXT);
    if (span.isRecording()) sampled += 1;
    span.end();
  }
  return sampled / 400;
}

it.each<[string, unknown, RegExp]>([
  ['an unknown option', { servicename: 'x' }, /There is no option `servicename`. Use one of `serviceName`/],
  ['options that are no object', 'checkout', /Expected the options to be an object, got the string "checkout"/],
  ['an empty service name', { serviceName: ' ' }, /Expected `serviceName` to be a non-empty string/],
  ['an unknown exporter', { exporter: 'otlp-http' }, /Expected `exporter` to be one of 'otlp', .*"otlp-http"/],
  ['an exporter without `export`', { exporter: { shutdown() {} } }, /Expected `exporter`.* got object/],
  ['an endpoint without scheme', { endpoint: 'collector:4318' }, /Expected `endpoint` to be an http: or https: URL/],
  [
    'an endpoint for an exporter of your own',
    { exporter: new InMemorySpanExporter(), endpoint: 'http://x' },
    /`endpoint`/,
  ],
  ['a header that is no string', { headers: { key: 1 } }, /Expected `headers` to be an object of strings/],
  ['a header that cannot be sent', { headers: { key: 'a\nb' } }, /Expected `headers` to be HTTP headers.*"key"/],
  ['a ratio above 1', { sampling: { ratio: 10 } }, /Expected `sampling.ratio` to be a number from 0 to 1/],
  ['a ratio that is NaN', { sampling: { ratio: Number.NaN } }, /Expected `sampling.ratio`/],
  ['a misspelt ratio', { sampling: { ration: 0.1 } }, /There is no option `sampling.ration`/],
  [
    'sampling that is a number',
    { sampling: 0.1 },
    /Expected `sampling` to be an object with `ratio`, `rules` and the like, or a Sampler/,
  ],
  ['a span processor without methods', { spanProcessors: [{}] }, /Expected `spanProcessors`/],
  ['a deadline of 0', { flushTimeoutMs: 0 }, /Expected `flushTimeoutMs`/],
  ['a propagator that is a name', { propagator: 'b3' }, /Expected `propagator`/],
])('throws at once for %s', (_what, options, message) => {
  expect(() => startTracing(options as StartTracingOptions)).toThrow(message);
});

it.each<[string, string, RegExp]>([
  ['OTEL_TRACES_SAMPLER', 'probabilistic', /OTEL_TRACES_SAMPLER to be one of always_on, .*got "probabilistic"/],
  ['OTEL_TRACES_SAMPLER', 'ALWAYS_OFF', /OTEL_TRACES_SAMPLER to be in lower case/],
  ['OTEL_TRACES_SAMPLER', 'traceidratio', /which needs OTEL_TRACES_SAMPLER_ARG/],
  ['OTEL_TRACES_SAMPLER_ARG', '0.1', /OTEL_TRACES_SAMPLER_ARG is set, but OTEL_TRACES_SAMPLER is not/],
  ['OTEL_TRACES_EXPORTER', 'jaeger', /OTEL_TRACES_EXPORTER to be one of otlp, zipkin, console, none, got "jaeger"/],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'protobuf', /OTEL_EXPORTER_OTLP_PROTOCOL to be one of http\/protobuf/],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http', /OTEL_EXPORTER_OTLP_TRACES_PROTOCOL/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', /OTEL_EXPORTER_OTLP_ENDPOINT to be a URL such as/],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'api-key', /OTEL_EXPORTER_OTLP_HEADERS to be comma-separated name=value pairs/],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', /OTEL_EXPORTER_OTLP_TIMEOUT to be a whole number of at least|from 1 to/],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', /OTEL_EXPORTER_OTLP_COMPRESSION to be one of gzip, none/],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/no/such.pem', /OTEL_EXPORTER_OTLP_CERTIFICATE to be the path of a readable/],
  ['OTEL_PROPAGATORS', 'tracecontext,b4', /OTEL_PROPAGATORS to be .*got "tracecontext,b4"/],
  ['OTEL_PROPAGATORS', 'none,baggage', /OTEL_PROPAGATORS/],
  ['OTEL_PROPAGATORS', 'constructor', /OTEL_PROPAGATORS/],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team', /OTEL_RESOURCE_ATTRIBUTES to be comma-separated/],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team=%E0%A4%A', /OTEL_RESOURCE_ATTRIBUTES/],
  ['OTEL_BSP_MAX_QUEUE_SIZE', 'many', /OTEL_BSP_MAX_QUEUE_SIZE to be a whole number of at least 1, got "many"/],
  ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '4096', /OTEL_BSP_MAX_EXPORT_BATCH_SIZE is 4096, more than the queue holds/],
  ['OTEL_BSP_SCHEDULE_DELAY', '-1', /OTEL_BSP_SCHEDULE_DELAY/],
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '1.5', /OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT/],
  ['OTEL_SDK_DISABLED', 'yes', /OTEL_SDK_DISABLED to be one of true, false, got "yes"/],
  ['OTEL_LOG_LEVEL', 'loud', /OTEL_LOG_LEVEL to be one of none, error, warn/],
])('throws at once for %s=%s', (name, value, message) => {
  vi.stubEnv(name, value);
  expect(() => startTracing({ serviceName: 'test' })).toThrow(message);
});

it.each(['1.5', '-0.1', 'NaN', '10%', '0x1', 'Infinity'])('refuses the sampling ratio %s', (ratio) => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio');
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
  expect(() => startTracing()).toThrow(/OTEL_TRACES_SAMPLER_ARG to be a number from 0 to 1/);
});

it('leaves nothing registered when it throws', () => {
  expect(() => startTracing({ sampling: { ratio: 2 } })).toThrow();
  expect(trace.getTracer('test').startSpan('nobody').isRecording()).toBe(false);
});

it('does not quote secrets in errors', () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=s3cret\u0001');
  expect(() => startTracing()).toThrow(/OTEL_EXPORTER_OTLP_HEADERS.*"api-key"/);
  expect(() => startTracing()).not.toThrow(/s3cret/);
});

it.each([
  ['always_on', undefined, 1],
  ['always_off', undefined, 0],
  ['traceidratio', '0.5', 0.5],
  ['parentbased_always_on', undefined, 1],
  ['parentbased_always_off', undefined, 0],
  ['parentbased_traceidratio', '.5', 0.5],
])('samples as OTEL_TRACES_SAMPLER=%s and OTEL_TRACES_SAMPLER_ARG=%s say', (name, ratio, share) => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', name);
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
  start();
  expect(Math.abs(sampledShare() - share)).toBeLessThan(share === 0.5 ? 0.2 : 0.001);
});

it('lets the option win over the environment, and the caller over the ratio', () => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_on');
  start({ sampling: { ratio: 0 } });
  expect(sampledShare()).toBe(0);
  const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, isRemote: true };
  const span = trace.getTracer('test').startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, parent));
  expect(span.isRecording()).toBe(true);
});

it('takes the resource from the options, then the environment, then package.json', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'of-variable');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.name=of-list,service.version=7,team=shop%20%26%20co,zone=eu');
  const exporter = start({ environment: 'staging', resourceAttributes: { zone: 'us' } });
  trace.getTracer('test').startSpan('any').end();
  await tracing?.flush();
  expect(exporter.getFinishedSpans()[0]?.resource.attributes).toMatchObject({
    'service.name': 'of-variable',
    'service.version': '7',
    'deployment.environment.name': 'staging',
    team: 'shop & co',
    zone: 'us',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'process.pid': process.pid,
  });
});

it('lets the service name of the options win', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'of-variable');
  const exporter = start({ serviceName: 'of-option', resourceAttributes: { 'service.name': 'of-attributes' } });
  trace.getTracer('test').startSpan('any').end();
  await tracing?.flush();
  expect(exporter.getFinishedSpans()[0]?.resource.attributes['service.name']).toBe('of-option');
});

it('obeys span limits of the environment', async () => {
  vi.stubEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '2');
  vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '3');
  const exporter = start();
  trace
    .getTracer('test')
    .startSpan('any', { attributes: { a: 'long', b: 'long', c: 'long' } })
    .end();
  await tracing?.flush();
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({ a: 'lon', b: 'lon' });
});

it('registers W3C trace context and baggage, and a context that survives await', async () => {
  start();
  const headers: Record<string, string> = {};
  await trace.getTracer('test').startActiveSpan('any', async (span) => {
    await undefined;
    const baggage = propagation.createBaggage({ user: { value: '7' } });
    propagation.inject(propagation.setBaggage(context.active(), baggage), headers);
    span.end();
  });
  // 03: sampled, and with a random trace id.
  expect(headers).toEqual({ traceparent: expect.stringMatching(/^00-\w{32}-\w{16}-03$/), baggage: 'user=7' });
});

it.each([
  ['baggage', ['baggage']],
  ['none', []],
])('sends the headers that OTEL_PROPAGATORS=%s names', (value, expected) => {
  vi.stubEnv('OTEL_PROPAGATORS', value);
  start();
  expect(propagation.fields()).toEqual(expected);
});

it('makes no spans, but passes trace context on, when OTEL_SDK_DISABLED is true', () => {
  vi.stubEnv('OTEL_SDK_DISABLED', 'TRUE');
  start();
  const incoming = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
  const headers: Record<string, string> = {};
  context.with(propagation.extract(ROOT_CONTEXT, incoming), () => {
    trace.getTracer('test').startActiveSpan('any', (span) => {
      expect(span.isRecording()).toBe(false);
      propagation.inject(context.active(), headers);
    });
  });
  expect(headers.traceparent).toBe(incoming.traceparent);
  expect(tracing?.stats()).toEqual({ exported: 0, failed: 0, dropped: 0, pending: 0 });
});

it('returns what the first call did when it is called twice', () => {
  start();
  expect(startTracing({ serviceName: 'second' })).toBe(tracing);
});

it('can be started again after a shutdown', async () => {
  start();
  await tracing?.shutdown();
  const exporter = start();
  trace.getTracer('test').startSpan('second life').end();
  await tracing?.flush();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['second life']);
});

it('throws when another SDK is registered, and leaves that one alone', () => {
  const other = new NodeTracerProvider();
  trace.disable();
  trace.setGlobalTracerProvider(other);
  expect(() => startTracing({ exporter: 'none' })).toThrow(/Another OpenTelemetry SDK is registered/);
  expect(trace.getTracer('test').startSpan('any').isRecording()).toBe(true);
  trace.disable();
});

it('takes shares by rule, limits and targets from the sampling option', () => {
  start({ sampling: { ratio: 0, rules: [{ route: '/api/payments/*', ratio: 1 }] } });
  const tracer = trace.getTracer('test');
  const kept = tracer.startSpan('POST', { kind: SpanKind.SERVER, attributes: { 'url.path': '/api/payments/7' } });
  const other = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes: { 'url.path': '/health' } });
  expect([kept.spanContext().traceFlags & 1, other.spanContext().traceFlags & 1]).toEqual([1, 0]);
  expect(kept.spanContext().traceState?.get('ot')).toBe('th:0');
});

it.each([
  [{ rules: [{ route: '/a', share: 1 }] }, 'share'],
  [{ perSecond: -1 }, '`sampling.perSecond`'],
  [{ perSecond: 5, adaptive: {} }, 'exclude each other'],
  [{ adaptive: { target: 'many' } }, '`sampling.adaptive.target` to be a number above 0, got the string "many"'],
  [{ adaptive: { rate: 5 } }, 'no option `sampling.adaptive.rate`. Use one of `sampling.adaptive.target`,'],
  [{ adaptive: { ratio: 0.5 } }, 'no option `sampling.adaptive.ratio`'],
  [{ jaegerRemote: {}, perSecond: 5 }, '`sampling.jaegerRemote` and `sampling.perSecond` exclude each other'],
  [{ jaegerRemote: {}, rules: [] }, '`sampling.jaegerRemote` and `sampling.rules` exclude each other'],
  [{ jaegerRemote: { endpoint: 'jaeger' } }, '`sampling.jaegerRemote.endpoint` to be an http: or https: URL'],
  [{ jaegerRemote: { record: false } }, 'no option `sampling.jaegerRemote.record`'],
])('refuses the sampling option %j', (sampling, named) => {
  expect(() => start({ sampling: sampling as never })).toThrow(named);
});
