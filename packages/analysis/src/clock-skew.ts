import { getOrMake } from './collections.ts';
import { firstText } from './peer.ts';
import type { Resource } from './span.ts';
import type { Trace, TraceSpan } from './trace.ts';

/** How far the clock of one host is from that of a host that calls it. */
export type ClockAdjustment = {
  readonly from: string;
  readonly to: string;
  /** Nanoseconds to add to times of `to` so that they fit those of `from`. */
  readonly offset: number;
  /** No call of the pair fits a smaller offset than this, in nanoseconds. */
  readonly least: number;
  /** No call of the pair fits a greater offset than this; infinite if every call outlasted its caller. */
  readonly most: number;
  readonly calls: number;
  /** Whether one offset fits all calls; if not (a clock was set meanwhile), it is the one that errs least. */
  readonly consistent: boolean;
};

/** What the clocks of a trace's hosts say about each other. */
export type ClockSkew = {
  /** One for each pair of hosts, in the direction of the calls, whose calls are impossible with the clocks as they are. */
  readonly adjustments: readonly ClockAdjustment[];
  /** Nanoseconds to add to the times of each span, by {@link TraceSpan.index}: the adjustments along its ancestors. */
  readonly offsets: Float64Array;
};

/**
 * Finds out which clocks disagree: a call cannot have been served before it was made nor answered after the caller had the
 * answer, so each call bounds the difference of two clocks, and all calls between two hosts together bound it closely. The
 * middle of what is left is taken, as NTP does for one exchange and Jaeger's adjuster for each span by itself. The trace
 * stays as it is; {@link withoutSkew} makes another. Hosts are told apart by `host.id`, `host.name`, the Kubernetes pod or
 * the service's instance.
 */
export function clockSkew(trace: Trace): ClockSkew {
  const names = new Map<Resource, string>();
  const pairs = new Map<string, Pair>();
  const pairOf: (Pair | undefined)[] = [];
  for (const span of trace.spans) {
    const from = span.parent === undefined ? undefined : hostOf(span.parent);
    const to = hostOf(span);
    if (span.parent === undefined || from === undefined || from === to) continue;
    const pair = getOrMake(pairs, JSON.stringify([from, to]), () => ({
      from,
      to,
      least: -Infinity,
      most: Infinity,
      calls: 0,
    }));
    pairOf[span.index] = pair;
    pair.calls += 1;
    pair.least = Math.max(pair.least, span.parent.start - span.start);
    if (mayBound(span, span.parent)) pair.most = Math.min(pair.most, span.parent.end - span.end);
  }

  const offsets = new Float64Array(trace.spans.length);
  for (const { parent, index } of trace.spans) {
    const pair = pairOf[index];
    if (parent !== undefined)
      offsets[index] = (offsets[parent.index] as number) + (pair === undefined ? 0 : offsetOf(pair));
  }
  const adjustments = [...pairs.values()]
    .filter((pair) => offsetOf(pair) !== 0)
    .map((pair) => ({ ...pair, offset: offsetOf(pair), consistent: pair.least <= pair.most }));
  return { adjustments, offsets };

  function hostOf({ span: { resource } }: TraceSpan): string {
    return getOrMake(names, resource, () => hostName(resource));
  }
}

type Pair = { readonly from: string; readonly to: string; least: number; most: number; calls: number };

function hostName({ attributes, service }: Resource): string {
  const name = firstText(attributes, 'host.id', 'host.name', 'k8s.pod.uid', 'k8s.pod.name', 'service.instance.id');
  return name ?? service;
}

// What takes longer than its caller waits, or is not waited for, tells nothing about when it had to end.
function mayBound(span: TraceSpan, parent: TraceSpan): boolean {
  return span.span.kind !== 'consumer' && span.end - span.start <= parent.end - parent.start;
}

function offsetOf({ least, most }: Pair): number {
  if (least <= 0 && most >= 0) return 0;
  return most === Infinity ? least : Math.round((least + most) / 2);
}
