import {
  type HeldSpan,
  type HoldStats,
  type KeepOptions,
  KeepPeers,
  type KeptSpans,
  type PeerSettings,
  type PeerStats,
  reachByKeepTrace,
  readKeepOptions,
  type SpanAccess,
  type SpanShelf,
  TailHold,
} from '@throughline/sampling';
import type { SpanSink } from './span-sink.ts';

/** A service that is replaced is not to be waited for, but news of a trace that just ended is under way for no longer. */
const WAIT_FOR_PEERS_MS = 1000;

/** Where spans end up, behind a hold that lets through what was sampled or is to be kept. */
export class SpanHold<Span extends HeldSpan, Place = Span> implements SpanSink {
  readonly #hold: TailHold<Span, Place>;
  readonly #sink: SpanSink;
  readonly #peers: KeepPeers | undefined;
  readonly #waitMs: number;
  readonly #leave: () => void;

  /**
   * @param timeoutMs how long the end may take; peers are waited for in a fifth of it at most
   * @param enter how spans get into the sink
   * @param makeShelf where they wait before, within so many bytes; without it, as the objects they are
   */
  constructor(
    keep: KeepOptions,
    peers: PeerSettings | undefined,
    access: SpanAccess<Span>,
    sink: SpanSink,
    timeoutMs: number,
    enter: KeptSpans<Span>,
    makeShelf?: (maxBytes: number) => SpanShelf<Span, Place>,
  ) {
    const settings = readKeepOptions(keep);
    this.#hold = new TailHold<Span, Place>(settings, access, enter, makeShelf?.(settings.maxBytes));
    this.#peers = peers === undefined ? undefined : new KeepPeers(this.#hold, settings.holdMs, peers);
    this.#sink = sink;
    this.#waitMs = peers?.transport === undefined ? 0 : Math.min(WAIT_FOR_PEERS_MS, timeoutMs / 5);
    this.#leave = reachByKeepTrace(this.#hold);
  }

  /** How many spans wait behind the hold, or are on their way. */
  get pending(): number {
    return this.#sink.pending ?? 0;
  }

  onStart(span: Span): void {
    this.#hold.onStart(span);
  }

  onEnd(span: Span): void {
    this.#hold.onEnd(span);
  }

  stats(): HoldStats {
    return this.#hold.stats();
  }

  /** What became of the news that peers tell each other, where there are any. */
  peerStats(): PeerStats | undefined {
    return this.#peers?.stats();
  }

  async forceFlush(): Promise<void> {
    await Promise.all([this.#sink.forceFlush(), this.#peers?.flush()]);
  }

  /**
   * Tells peers what waits for them, hears for a moment what they keep of what is held, and decides about the rest. Else a
   * deployment would tear the traces that end with it.
   */
  async shutdown(): Promise<void> {
    if (this.#waitMs > 0 && this.#hold.stats().held > 0) {
      // Neither a peer nor a collector that hangs may make it longer.
      void this.#peers?.flush();
      void this.#sink.forceFlush();
      await pause(this.#waitMs);
    }
    this.#leave();
    this.#hold.shutdown();
    await Promise.all([this.#sink.shutdown(), this.#peers?.shutdown()]);
  }

  discard(): void {
    this.#sink.discard?.();
  }
}

/** The deadline of the shutdown keeps the process alive meanwhile. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
