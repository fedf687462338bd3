import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import { KEPT_HEADER, type KeepSignals, keepSignals, PEER_HEADER, saysKept } from '../keep-signals.ts';

/** What the service that a call goes to has to say about keeping the trace. */
export class CalleeSignal {
  readonly #signals: KeepSignals;
  readonly #traceId: string;
  readonly #host: string;
  #callee: string | undefined;

  constructor(signals: KeepSignals, traceId: string, host: string) {
    this.#signals = signals;
    this.#traceId = traceId;
    this.#host = host;
  }

  /** Response headers came: of this call, or of one that redirects it. */
  hear(header: (name: string) => unknown): void {
    if (saysKept(header(KEPT_HEADER), this.#traceId)) this.#signals.keep(this.#traceId);
    const proof = header(PEER_HEADER);
    this.#callee = typeof proof === 'string' ? this.#signals.verify(proof) : '';
    if (this.#callee === undefined || this.#callee === '') return;
    this.#signals.involve(this.#traceId, this.#callee);
    this.#signals.meet(this.#host, this.#callee);
  }

  /** The call is about to end. */
  end(): void {
    if (this.#callee === undefined) this.#signals.miss(this.#traceId, this.#host);
    else if (this.#callee !== '') this.#signals.involve(this.#traceId, this.#callee);
  }
}

/**
 * Adds to the headers of a call what proves that we are a peer. Calls to others than `peers` carry nothing of the kind, also
 * where the caller forwards the headers of a request it got; and calls that are sampled need none, for all keep them.
 */
export function signalTo(
  peers: boolean,
  { traceId, traceFlags }: SpanContext,
  host: string,
  headers: Record<string, string | null>,
  header: (name: string) => unknown,
): CalleeSignal | undefined {
  const signals = keepSignals();
  if (signals === undefined) return undefined;
  if (!peers || (traceFlags & TraceFlags.SAMPLED) !== 0) {
    if (header(PEER_HEADER) !== undefined) headers[PEER_HEADER] = null;
    return undefined;
  }
  headers[PEER_HEADER] = signals.proof();
  return new CalleeSignal(signals, traceId, host);
}
