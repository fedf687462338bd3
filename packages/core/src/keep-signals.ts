import { type SpanContext, TraceFlags } from '@opentelemetry/api';

/**
 * How services that keep a trace after the fact tell each other: what the SDK does for it. Servers and clients decide when
 * to call it, and it knows who is a peer, what is kept, and how to tell. Nothing of it may throw or block.
 */
export type KeepSignals = {
  /** Whether this instance can be told of kept traces, other than by the responses it gets. */
  readonly reachable: boolean;
  /** The text that proves to a peer that this instance is one, and says where it can be told of kept traces. */
  proof(): string;
  /** Where the peer can be told who sent such a text, `''` if nowhere; `undefined` if it proves nothing. */
  verify(proof: string): string | undefined;
  /** Whether our part of a trace is kept, although nobody sampled it at its start. */
  isKept(traceId: string): boolean;
  /** Keeps our part of a trace, because a peer keeps its own. */
  keep(traceId: string): void;
  /** Notes that the peer at this address has a part of the trace: it is told when the trace is kept, at once if it is. */
  involve(traceId: string, address: string): void;
  /** Notes that the peer at this address sent a message of the trace, and lets it know that we have a part of it now. */
  join(traceId: string, address: string): void;
  /** Notes who answers calls to a host. */
  meet(host: string, address: string): void;
  /** A call to this host had no answer: those who were met there are told if the trace is kept, for one of them may have a part. */
  miss(traceId: string, host: string): void;
};

/** The header by which peers prove that they are, of requests, responses and messages. */
export const PEER_HEADER = 'throughline-peer';

/** The header by which a response says that its trace is kept. https://www.w3.org/TR/server-timing/ */
export const KEPT_HEADER = 'server-timing';

const HOLDER = Symbol.for('throughline.keep-signals');
type Holder = { current?: KeepSignals | undefined };

// Shared by all copies of this package in the process.
const shared = globalThis as { [HOLDER]?: Holder };
shared[HOLDER] ??= {};
const holder: Holder = shared[HOLDER];

/** What tells peers of kept traces in this process; `undefined` if nothing does. */
export function keepSignals(): KeepSignals | undefined {
  return holder.current;
}

/** Lets all servers and clients of this process use these signals, until the function it returns is called. */
export function provideKeepSignals(signals: KeepSignals): () => void {
  holder.current = signals;
  return () => {
    if (holder.current === signals) holder.current = undefined;
  };
}

const RANDOM = 0x02;
const MAX_LENGTH = 4096;
const TRACE_ENTRY = /(?:^|,)[ \t]*trace;desc="?00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})"?(?=[ \t]*(?:[,;]|$))/g;

/** The entry of `Server-Timing` that says of a trace that it is kept. */
export function keptEntry({ traceId, spanId, traceFlags }: SpanContext): string {
  return `trace;desc=00-${traceId}-${spanId}-0${TraceFlags.SAMPLED | (traceFlags & RANDOM)}`;
}

/** Whether a `Server-Timing` header says of this very trace that it is kept. */
export function saysKept(header: unknown, traceId: string): boolean {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (typeof text !== 'string' || !text.includes(traceId)) return false;
  for (const [, id, flags] of text.slice(0, MAX_LENGTH).matchAll(TRACE_ENTRY)) {
    if (id === traceId && (Number.parseInt(flags as string, 16) & TraceFlags.SAMPLED) !== 0) return true;
  }
  return false;
}
