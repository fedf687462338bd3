import type { PeerOptions, SpanCounts } from '@throughline/sdk';
import { startCollector } from './collector.ts';
import { bundle, type Running } from './process.ts';
import { decodeTraces } from './recorder/decode-otlp.ts';

/** What a service is to do with a message. */
export type Task = {
  readonly do: 'send' | 'handle' | 'stats';
  /** What came beside the message. */
  readonly fields?: Record<string, string>;
  /** For what is sent: half a second after that. */
  readonly fails?: boolean;
  /** By the carrier of core alone. */
  readonly generic?: boolean;
};

/** Services in processes of their own, which hold all traces; messages between them are carried by hand. */
export async function startServices() {
  const script = await bundle('queueing');
  const collector = await startCollector();
  const services: Running[] = [];

  async function start(serviceName: string, own: Partial<PeerOptions> = {}) {
    const sampling = { ratio: 0, keep: {}, peers: { secret: 'a secret of the tests', ...own } };
    const options = { serviceName, endpoint: collector.url, flushTimeoutMs: 60_000, sampling };
    const running = script.run([JSON.stringify(options)], { OTEL_BSP_SCHEDULE_DELAY: '50' });
    services.push(running);
    await running.line();
    const tell = (task: Task): void => void running.child.stdin.write(`${JSON.stringify(task)}\n`);
    return {
      async send(task: Omit<Task, 'do'> = {}): Promise<{ traceId: string; fields: Record<string, string> }> {
        tell({ do: 'send', ...task });
        return JSON.parse(await running.line());
      },
      handle: (fields: Record<string, string>, task: Omit<Task, 'do'> = {}): void =>
        tell({ do: 'handle', fields, ...task }),
      async stats(): Promise<SpanCounts> {
        tell({ do: 'stats' });
        return JSON.parse(await running.line());
      },
    };
  }

  function arrived(traceId: string): string[] {
    const all = collector.exports.flatMap(({ body }) => decodeTraces(body).resourceSpans);
    const spans = all.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    return spans
      .filter((span) => span.traceId === traceId)
      .map(({ name }) => name)
      .sort();
  }

  return {
    start,
    arrived,
    /** Resolves when so many spans of a trace have arrived. */
    async spans(traceId: string, count: number): Promise<string[]> {
      while (arrived(traceId).length < count) await collector.arrived(collector.exports.length + 1);
      return arrived(traceId);
    },
    async stop(): Promise<void> {
      for (const { child } of services) child.kill('SIGTERM');
      await Promise.all(services.map(({ ended }) => ended));
      await collector.close();
      script.remove();
    },
  };
}
