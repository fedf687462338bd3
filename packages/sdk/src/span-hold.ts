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

/** Where spans end up, behind a hold that lets through what was sampled or is to be kept. */
export class SpanHold<Span extends HeldSpan, Place = Span> implements SpanSink {
  readonly #hold: TailHold<Span, Place>;
  readonly #sink: SpanSink;
  readonly #peers: KeepPeers | undefined;
  readonly #leave: () => void;

  /**
   * @param enter how spans get into the sink
   * @param makeShelf where they wait before, within so many bytes; without it, as the objects they are
   */
  constructor(
    keep: KeepOptions,
    peers: PeerSettings | undefined,
    access: SpanAccess<Span>,
    sink: SpanSink,
    enter: KeptSpans<Span>,
    makeShelf?: (maxBytes: number) => SpanShelf<Span, Place>,
  ) {
    const settings = readKeepOptions(keep);
    this.#hold = new TailHold<Span, Place>(settings, access, enter, makeShelf?.(settings.maxBytes));
    this.#peers = peers === undefined ? undefined : new KeepPeers(this.#hold, settings.holdMs, peers);
    this.#sink = sink;
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

  async shutdown(): Promise<void> {
    this.#leave();
    this.#hold.shutdown();
    await Promise.all([this.#sink.shutdown(), this.#peers?.shutdown()]);
  }

  discard(): void {
    this.#sink.discard?.();
  }
}
