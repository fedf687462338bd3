import { type Context, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import { keepSignals, PEER_HEADER } from '../keep-signals.ts';

/**
 * What proves to a peer that handles a message that we are one, and where it can be told of kept traces. `undefined` if the
 * message needs none: nothing of its trace is held here, or it is sampled, and then everybody keeps it anyway.
 */
export function senderProof(carried: Context): string | undefined {
  const signals = keepSignals();
  if (signals?.reachable !== true) return undefined;
  const span = trace.getSpan(carried);
  if (span === undefined || !span.isRecording() || isSampled(span.spanContext())) return undefined;
  return signals.proof();
}

/**
 * Notes that whoever sent a message has a part of its trace, and tells it that we have one too: a queue has no response to
 * say so. Returns where the sender can be told that the trace is kept; `undefined` if it is no peer, or keeps its part anyway.
 */
export function joinSender(read: (name: string) => string | undefined, sent: Context): string | undefined {
  const signals = keepSignals();
  if (signals === undefined) return undefined;
  const sender = trace.getSpanContext(sent);
  if (sender === undefined || isSampled(sender)) return undefined;
  const proof = read(PEER_HEADER);
  const address = proof === undefined ? undefined : signals.verify(proof);
  if (address === undefined || address === '') return undefined;
  signals.join(sender.traceId, address);
  return address;
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}
