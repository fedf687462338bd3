import { randomBytes } from 'node:crypto';
import type { PeerOptions, SpanCounts } from '@throughline/sdk';
import { type Collector, startCollector } from './collector.ts';
import { bundle, type Running } from './process.ts';
import { type DecodedSpan, decodeTraces } from './recorder/decode-otlp.ts';

/** What a service is to do with a request: calls, one after the other, and then its own part. */
export type Plan = { calls?: (Plan & { url: string })[]; fails?: 'before the headers' | 'after the headers' };

export type Service = { readonly url: string; readonly running: Running; stats(): Promise<SpanCounts> };

/** Services in processes of their own, which hold all traces and export to one collector. */
export async function startServices(peers: Partial<PeerOptions> | undefined) {
  const script = await bundle('keeping');
  const collector: Collector = await startCollector();
  const services: Service[] = [];
  const secret = 'a secret of the tests';

  async function start(
    serviceName: string,
    own: Partial<PeerOptions> = {},
    env: Record<string, string> = {},
  ): Promise<Service> {
    const sampling = { ratio: 0, keep: {}, ...(peers !== undefined && { peers: { secret, ...peers, ...own } }) };
    const options = JSON.stringify({ serviceName, endpoint: collector.url, flushTimeoutMs: 60_000, sampling });
    const running = script.run([options], { OTEL_BSP_SCHEDULE_DELAY: '50', ...env });
    const url = await running.line();
    const stats = async (): Promise<SpanCounts> => (await fetch(`${url}/stats`)).json() as Promise<SpanCounts>;
    const service = { url, running, stats };
    services.push(service);
    return service;
  }

  function spansOf(traceId: string): { name: string; span: DecodedSpan }[] {
    const all = collector.exports.flatMap(({ body }) => decodeTraces(body).resourceSpans);
    return all.flatMap(({ resource, scopeSpans }) => {
      const service = attribute(resource, 'service.name');
      const spans = scopeSpans.flatMap((scope) => scope.spans).filter((span) => span.traceId === traceId);
      return spans.map((span) => ({ name: `${service} ${span.name}`, span }));
    });
  }

  /** Which spans of a trace have arrived: `<service> <name>`. */
  function arrived(traceId: string): string[] {
    return spansOf(traceId)
      .map(({ name }) => name)
      .sort();
  }

  /** What the spans of a trace say of their share, and why they were kept: `<tracestate> <reason>`. */
  function states(traceId: string): Record<string, string[]> {
    const found: Record<string, Set<string>> = {};
    for (const { name, span } of spansOf(traceId)) {
      found[name] ??= new Set();
      found[name].add(`${span.traceState} ${attribute(span, 'sampling.reason')}`);
    }
    return Object.fromEntries(Object.entries(found).map(([name, all]) => [name, [...all]]));
  }

  return {
    start,
    collector,
    states,
    /** Sends a request of a trace that nobody has sampled; the id of the trace, and what came back. */
    async request(url: string, plan: Plan, headers: Record<string, string> = {}) {
      const traceId = randomBytes(16).toString('hex');
      const traceparent = `00-${traceId}-00f067aa0ba902b7-00`;
      const response = await fetch(url, {
        method: 'POST',
        body: JSON.stringify(plan),
        headers: { traceparent, ...headers },
      });
      await response.text();
      return { traceId, response };
    },
    /** Resolves when so many spans of a trace have arrived. */
    async spans(traceId: string, count: number): Promise<string[]> {
      while (arrived(traceId).length < count) await collector.arrived(collector.exports.length + 1);
      return arrived(traceId);
    },
    async stop(): Promise<void> {
      for (const { running } of services) running.child.kill('SIGTERM');
      await Promise.all(services.map(({ running }) => running.ended));
      await collector.close();
      script.remove();
    },
  };
}

function attribute({ attributes }: Pick<DecodedSpan, 'attributes'>, name: string): unknown {
  return Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];
}
