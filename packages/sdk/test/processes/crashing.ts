// A process that dies, or lives on, in the way its first argument says, with a directory for what it leaves behind.
import { SpanKind, trace } from '@opentelemetry/api';
import { withSpan } from '@throughline/core';
import { startTracing } from '@throughline/sdk';

const [, , way = '', endpoint = '', crashSpool = '', ratio = '1'] = process.argv;
const tracing = startTracing({
  serviceName: 'child',
  endpoint,
  crashSpool,
  flushTimeoutMs: 30_000,
  sampling: { ratio: Number(ratio), keep: {} },
});

function endSpan(name: string): void {
  trace.getTracer('test').startSpan(name).end();
}

const ways: Record<string, () => void> = {
  'uncaught error'() {
    endSpan('before');
    void withSpan('request', { kind: SpanKind.SERVER }, async () => {
      await undefined;
      withSpan('inner', () => {});
      setTimeout(() => {
        throw new TypeError('bug');
      }, 10);
      await new Promise(() => {});
    });
  },
  'unhandled rejection'() {
    endSpan('before');
    void Promise.reject(new RangeError('nobody cares'));
  },
  'uncaught error that is handled'() {
    process.on('uncaughtException', () => {
      setTimeout(() => endSpan('after'), 20);
    });
    void withSpan('request', async () => new Promise((resolve) => setTimeout(resolve, 50)));
    setTimeout(() => {
      throw new Error('handled');
    }, 10);
  },
  'process.exit'() {
    endSpan('before');
    process.exit(0);
  },
  'start again'() {
    void tracing.flush().then(() => {
      console.log(JSON.stringify(tracing.stats()));
    });
  },
};

ways[way]?.();
