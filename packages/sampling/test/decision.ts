import { type Attributes, type Context, createTraceState, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { Sampler } from '@throughline/sampling';

/** What a sampler says of a request that begins a trace, in plain values. */
export function decideRoot(
  sampler: Sampler,
  traceId: string,
  attributes: Attributes = {},
  name = 'GET',
  parent: Context = ROOT_CONTEXT,
): { decision: number; state: string | undefined } {
  const result = sampler.shouldSample(parent, traceId, name, SpanKind.SERVER, attributes, []);
  return { decision: result.decision, state: result.traceState?.serialize() };
}

/** What a sampler says of a child of a parent with these flags and this `tracestate`. */
export function decideChild(
  sampler: Sampler,
  traceId: string,
  parent: { flags: number; state?: string | undefined; isRemote: boolean },
): { decision: number; state: string | undefined } {
  const traceState = parent.state === undefined ? undefined : createTraceState(parent.state);
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: '00f067aa0ba902b7',
    traceFlags: parent.flags,
    isRemote: parent.isRemote,
    ...(traceState !== undefined && { traceState }),
  });
  const result = sampler.shouldSample(context, traceId, 'child', SpanKind.INTERNAL, {}, []);
  return { decision: result.decision, state: (result.traceState ?? traceState)?.serialize() };
}

/** By how much a kept trace is to be multiplied, as its `tracestate` says; 0 for one that is not kept. */
export function weightOf({ decision, state }: { decision: number; state: string | undefined }): number {
  if (decision !== 2) return 0;
  const threshold = /(?:^|,)ot=th:([0-9a-f]+)/.exec(state ?? '')?.[1];
  if (threshold === undefined) throw new Error(`A kept trace without a threshold: ${state}`);
  return 1 / (1 - Number.parseInt(threshold, 16) / 16 ** threshold.length);
}
