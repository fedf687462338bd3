// A process that exports two spans by the exporter its first argument names.
import { trace } from '@opentelemetry/api';
import { type ExporterName, startTracing } from '@throughline/sdk';

const [, , exporter, endpoint] = process.argv;
try {
  startTracing({
    serviceName: 'child',
    exporter: exporter as ExporterName,
    ...(endpoint !== undefined && { endpoint }),
  });
} catch (thrown) {
  console.error(String(thrown));
  process.exit(9);
}
trace.getTracer('test').startActiveSpan('outer', (outer) => {
  const inner = trace.getTracer('test').startSpan('inner');
  inner.recordException(new Error('boom'));
  inner.setStatus({ code: 2, message: 'boom' });
  inner.end();
  outer.end();
});
