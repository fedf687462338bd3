// A program that traces with the `viewer` that its first argument names, and does what each further one says.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { startTracing } from '@throughline/sdk';

const [, , viewer, ...jobs] = process.argv;
// On a busy machine a viewer takes its time to start.
const { FLUSH_MS = '60000' } = process.env;
try {
  startTracing({
    serviceName: 'service',
    viewer: viewer === 'true' ? true : String(viewer),
    flushTimeoutMs: Number(FLUSH_MS),
  });
} catch (thrown) {
  console.error(String(thrown));
  process.exit(9);
}
const tracer = trace.getTracer('test');
const caller = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
};
const called = trace.setSpanContext(ROOT_CONTEXT, caller);

for (const job of jobs) {
  const [name = '', times = '1'] = job.split('*');
  for (let at = 0; at < Number(times); at += 1) {
    const [from, isCalled] = [Date.now() - (name.includes('slow') ? 2500 : 0), name.includes('called')];
    const span = tracer.startSpan(name, { startTime: from, kind: SpanKind.SERVER }, isCalled ? called : ROOT_CONTEXT);
    if (name.includes('failed')) span.setStatus({ code: SpanStatusCode.ERROR });
    // A part of it that fails is not the request.
    tracer.startSpan('part', {}, trace.setSpan(ROOT_CONTEXT, span)).setStatus({ code: SpanStatusCode.ERROR }).end();
    span.end();
  }
}
console.log('done');
