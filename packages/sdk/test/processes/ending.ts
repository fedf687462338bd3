// A process that ends in the way its first argument says. It writes a line when it is ready for a signal.
import { trace } from '@opentelemetry/api';
import { type SamplingOptions, startTracing } from '@throughline/sdk';

const [, , way, endpoint = '', flushTimeoutMs = '5000', sampling] = process.argv;
const tracing = startTracing({
  serviceName: 'child',
  endpoint,
  flushTimeoutMs: Number(flushTimeoutMs),
  ...(sampling !== undefined && { sampling: JSON.parse(sampling) as SamplingOptions }),
});

function endSpan(name: string): void {
  trace.getTracer('test').startSpan(name).end();
}

function waitForSignal(): void {
  setInterval(() => {}, 60_000);
  console.log('ready');
}

const ways: Record<string, () => void> = {
  idle() {},
  'by itself'() {
    endSpan('last');
  },
  'exit code'() {
    endSpan('last');
    process.exitCode = 7;
  },
  'process.exit'() {
    endSpan('lost');
    process.exit(5);
  },
  'shutdown, then process.exit'() {
    endSpan('last');
    void tracing.shutdown().then(() => process.exit(6));
  },
  'uncaught error'() {
    endSpan('lost');
    throw new Error('bug');
  },
  'work in beforeExit'() {
    endSpan('first');
    let turns = 0;
    process.on('beforeExit', () => {
      if (turns++ < 2) setTimeout(() => endSpan(`turn ${turns}`), 50);
    });
  },
  'no handler'() {
    endSpan('last');
    waitForSignal();
  },
  'handler once'() {
    endSpan('before');
    const idle = setInterval(() => {}, 60_000);
    process.once('SIGTERM', () => {
      setTimeout(() => {
        endSpan('while closing');
        process.exitCode = 3;
        void tracing.shutdown().then(() => clearInterval(idle));
      }, 100);
    });
    console.log('ready');
  },
  'handler that goes on'() {
    endSpan('last');
    let calls = 0;
    process.on('SIGTERM', () => {
      calls += 1;
      // Long enough for a signal that is raised again to arrive.
      void tracing.flush().then(() => setTimeout(() => process.exit(10 + calls), 200));
    });
    waitForSignal();
  },
  'handler removed again'() {
    endSpan('last');
    const handler = (): void => {};
    process.on('SIGTERM', handler);
    setImmediate(() => {
      process.off('SIGTERM', handler);
      setImmediate(waitForSignal);
    });
  },
  // What signal-exit does: it ends the process only if nobody else listens.
  'library that raises again when alone'() {
    endSpan('last');
    const handler = (): void => {
      if (process.listeners('SIGTERM').length > 1) return;
      process.off('SIGTERM', handler);
      process.kill(process.pid, 'SIGTERM');
    };
    process.on('SIGTERM', handler);
    setImmediate(waitForSignal);
  },
};

ways[way as string]?.();
