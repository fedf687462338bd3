import type { SpanContext } from '@opentelemetry/api';
import { readRandomness } from '../ot-trace-state.ts';
import { TraceId } from '../trace-id.ts';
import { ForwardClock } from './forward-clock.ts';
import { type HeldSpan, isLocalRoot, type SpanAccess } from './held-span.ts';
import type { HeldTrace } from './held-trace.ts';
import { HeldTraces } from './held-traces.ts';
import { HoldMetrics } from './hold-metrics.ts';
import { HoldCounter, type HoldStats } from './hold-stats.ts';
import { HoldTimer, LOOK_EVERY_MS } from './hold-timer.ts';
import { KeepBudget } from './keep-budget.ts';
import type { KeepSettings } from './keep-options.ts';
import { ALL, isSampled, sampleAtEnd, sampleFromNowOn, statesShare } from './kept-context.ts';
import { KeptOutlet, type KeptSpans } from './kept-outlet.ts';
import { MemoryPressure } from './memory-pressure.ts';
import { SlowRule } from './slow-rule.ts';
import { hasFailed } from './span-failure.ts';
import { ATTR_REASON, ObjectShelf, type SpanShelf } from './span-shelf.ts';
import { type KeepReason, type Verdict, Verdicts } from './verdicts.ts';

/**
 * Holds the spans that a sampler has recorded but not sampled until it is known how their trace went in this process. As
 * soon as a rule applies, the trace is kept: what is held goes on, what is open or comes later is sampled from then on, so
 * that services called later keep their part. Traces to which no rule applies are dropped when their time is over. Spans
 * that the sampler has sampled go on at once.
 *
 * It never throws, and one timer, which keeps no process alive, serves all traces.
 */
export class TailHold<Span extends HeldSpan, Place = Span> {
  readonly #settings: KeepSettings;
  readonly #access: SpanAccess<Span>;
  readonly #outlet: KeptOutlet<Span>;
  readonly #clock: ForwardClock;
  readonly #slow: SlowRule<Span>;
  readonly #budget: KeepBudget;
  readonly #counter = new HoldCounter();
  readonly #verdicts = new Verdicts();
  readonly #shelf: SpanShelf<Span, Place>;
  readonly #traces: HeldTraces<Span, Place>;
  readonly #pressure: MemoryPressure;
  readonly #metrics = new HoldMetrics(() => this.stats());
  /** When the timer looked last, or when it was started: as exact as anything that happens on a timer has to be. */
  #lookedMs = 0;
  readonly #now = (): number => this.#clock.read();
  readonly #timer = new HoldTimer(
    () => this.#look(),
    (thrown) => this.#outlet.report(thrown),
  );
  #stopped = false;

  /** @param shelf where spans wait; without it, as the objects they are */
  constructor(settings: KeepSettings, access: SpanAccess<Span>, next: KeptSpans<Span>, shelf?: SpanShelf<Span, Place>) {
    this.#settings = settings;
    this.#access = access;
    this.#outlet = new KeptOutlet(next);
    // Without a shelf, a place is the span itself.
    const objects: SpanShelf<Span, unknown> = new ObjectShelf(access, this.#outlet);
    this.#shelf = shelf ?? (objects as SpanShelf<Span, Place>);
    this.#clock = new ForwardClock(settings.now);
    this.#pressure = new MemoryPressure(settings.memoryUse);
    this.#slow = new SlowRule(settings, access);
    this.#budget = new KeepBudget(settings.perSecond, this.#now());
    this.#traces = new HeldTraces(settings.maxBytes, this.#shelf, (trace, spans, evicted) => {
      this.#verdicts.drop(trace);
      this.#counter.dropped(trace, spans, evicted);
    });
  }

  /** To be called when a span has started. */
  onStart(span: Span): void {
    try {
      this.#start(span, this.#access.traceId(span));
    } catch (thrown) {
      this.#outlet.report(thrown);
    }
  }

  /** To be called when a span has ended. */
  onEnd(span: Span): void {
    try {
      this.#end(span, this.#access.traceId(span));
    } catch (thrown) {
      this.#outlet.report(thrown);
    }
  }

  /** Keeps a trace, whatever the rules and the budget say. Whether it is one that is kept. */
  keep(traceId: string, reason: KeepReason = 'explicit'): boolean {
    try {
      const id = new TraceId(traceId);
      const trace = this.#traces.find(id);
      if (trace !== undefined) this.#keepAnyway(trace, reason);
      else if (reason === 'peer') this.#expect(id);
      return this.isKept(traceId);
    } catch (thrown) {
      this.#outlet.report(thrown);
      return false;
    }
  }

  /** Takes note of an error in a trace that no span tells of, such as a log line. It counts as one where errors do. */
  noteErrorLine(spanContext: SpanContext): void {
    try {
      if (!this.#settings.errors) return;
      const { traceId } = spanContext;
      const trace = this.#traces.find(new TraceId(traceId));
      if (trace === undefined) this.#verdictOf(traceId, isSampled(spanContext), 'log');
      else this.#keepWithinBudget(trace, spanContext, 'log');
    } catch (thrown) {
      this.#outlet.report(thrown);
    }
  }

  /** Whether a trace was kept: by a rule, or because somebody asked for it. Those that the sampler has sampled are not known. */
  isKept(traceId: string): boolean {
    return this.#verdicts.kept(traceId) !== undefined;
  }

  /** Calls back with each trace that is kept from now on, once, and with the reason; also with one that was sampled and fails. */
  whenKept(callback: (traceId: string, reason: KeepReason) => void): void {
    this.#outlet.whenKept(callback);
  }

  /** What became of the spans that were recorded but not sampled. */
  stats(): HoldStats {
    return this.#counter.stats(this.#traces, this.#shelf.lost);
  }

  /** Decides about all that is held, by what is known of it. What ends later and belongs to no kept trace is dropped. */
  shutdown(): void {
    try {
      this.#look();
      this.#stopped = true;
      this.#traces.clear(false);
      this.#metrics.detach();
    } catch (thrown) {
      this.#outlet.report(thrown);
    }
    this.#timer.stop();
  }

  #start(span: Span, id: TraceId): void {
    const trace = this.#traces.find(id);
    if (trace === undefined) {
      this.#startUnknown(span, id);
    } else if (this.#access.isSampled(span)) {
      // A caller that goes on to sample has kept the trace meanwhile.
      this.#keepAnyway(trace, 'caller');
      this.#outlet.announce(span);
    } else {
      if (!trace.isOpen) this.#traces.wake(trace);
      this.#track(trace, span);
    }
  }

  #startUnknown(span: Span, id: TraceId): void {
    if (this.#access.isSampled(span)) this.#outlet.announce(span);
    else if (this.#verdicts.kept(id.text) !== undefined) this.#flip(span);
    // Another request of a trace that was dropped may still fail; what is left over from the first one is late. Without memory
    // to hold anything, what the sampler has sampled is all there is.
    else if (
      !this.#stopped &&
      (isLocalRoot(span) || !this.#verdicts.wasDropped(id)) &&
      this.#pressure.allows(this.#now)
    ) {
      this.#track(this.#traces.create(id), span);
    }
  }

  #track(trace: HeldTrace<Span, Place>, span: Span): void {
    trace.start(span, this.#slow.applies && isLocalRoot(span) ? this.#now() : undefined);
    if (!this.#timer.isRunning) this.#watch();
  }

  #end(span: Span, id: TraceId): void {
    const sampled = this.#access.isSampled(span);
    const reason = this.#reasonOf(span);
    const trace = this.#traces.find(id);
    const verdict =
      trace === undefined ? this.#verdictOf(id.text, sampled, reason) : this.#decide(trace, span, sampled, reason);
    if (verdict !== undefined || sampled) {
      if (verdict !== undefined) this.#sign(span, verdict);
      if (!sampled) this.#outlet.announce(span);
      this.#outlet.handOver(span);
    } else if (trace === undefined) {
      if (this.#pressure.isPressed) this.#counter.shed += 1;
      else this.#counter.late += 1;
    } else {
      this.#traces.hold(trace, span);
      if (!trace.isOpen) this.#traces.rest(trace, this.#lookedMs + LOOK_EVERY_MS + this.#settings.holdMs);
    }
  }

  // What is usual for a route is learnt of all requests: without the slow ones, which are kept, fewer and fewer would be usual.
  #reasonOf(span: Span): KeepReason | undefined {
    const slow = isLocalRoot(span) && this.#slow.learn(span);
    if (this.#settings.errors && hasFailed(span, this.#access)) return 'error';
    return slow ? 'slow' : undefined;
  }

  // A request that is exported anyway may fail, and another one of its trace come later that is not sampled.
  #verdictOf(traceId: string, sampled: boolean, reason: KeepReason | undefined): Verdict | undefined {
    const known = this.#verdicts.kept(traceId);
    if (known === undefined && sampled && reason !== undefined && !this.#stopped) {
      this.#verdicts.keep(traceId, { reason, threshold: ALL });
      this.#announceKeep(traceId, reason);
    }
    return known;
  }

  #decide(
    trace: HeldTrace<Span, Place>,
    span: Span,
    sampled: boolean,
    reason: KeepReason | undefined,
  ): Verdict | undefined {
    trace.finish(span);
    if (sampled) return this.#keepAnyway(trace, 'caller');
    return reason === undefined ? undefined : this.#keepWithinBudget(trace, span.spanContext(), reason);
  }

  #keepWithinBudget(
    trace: HeldTrace<Span, Place>,
    { traceState }: SpanContext,
    reason: KeepReason,
  ): Verdict | undefined {
    if (trace.refused) return undefined;
    const randomness = readRandomness(traceState?.get('ot'), trace.id);
    const threshold = this.#budget.admit(randomness, this.#now());
    if (threshold !== undefined) return this.#keep(trace, { reason, threshold });
    trace.refused = true;
    this.#counter.overBudget += 1;
    return undefined;
  }

  #keepAnyway(trace: HeldTrace<Span, Place>, reason: KeepReason): Verdict {
    this.#budget.charge(this.#now());
    return this.#keep(trace, { reason, threshold: ALL });
  }

  #keep(trace: HeldTrace<Span, Place>, verdict: Verdict): Verdict {
    const kept = this.#traces.take(trace);
    this.#verdicts.keep(kept.id, verdict);
    for (const span of kept.open) this.#flip(span);
    this.#counter.omitted += kept.omitted;
    this.#counter.kept += this.#traces.release(kept, verdict);
    this.#announceKeep(kept.id, verdict.reason);
    return verdict;
  }

  // A peer may know sooner that a trace is kept than its request gets here.
  #expect(id: TraceId): void {
    if (this.isKept(id.text) || this.#verdicts.wasDropped(id)) return;
    this.#verdicts.keep(id.text, { reason: 'peer', threshold: ALL });
  }

  #announceKeep(traceId: string, reason: KeepReason): void {
    this.#counter.keptTrace(reason);
    this.#outlet.tell(traceId, reason);
  }

  #flip(span: Span): void {
    sampleFromNowOn(span.spanContext());
    this.#outlet.announce(span);
  }

  // A span that the sampler has sampled stands for others, and says for how many.
  #sign(span: Span, { reason, threshold }: Verdict): void {
    const spanContext = span.spanContext();
    if (statesShare(spanContext)) return;
    sampleAtEnd(spanContext, threshold);
    this.#access.mark(span, ATTR_REASON, reason);
    this.#counter.kept += 1;
  }

  #watch(): void {
    this.#lookedMs = this.#now();
    this.#metrics.attach();
    this.#timer.start();
  }

  #look(): void {
    const now = this.#now();
    this.#lookedMs = now;
    this.#metrics.attach();
    this.#traces.expire(now);
    if (this.#pressure.look(now)) this.#traces.clear(true);
    if (this.#slow.applies) {
      this.#traces.visitOpen((trace) => this.#keepIfOverdue(trace, now));
    }
    if (!this.#traces.isEmpty) return;
    this.#traces.giveBack();
    this.#timer.stop();
  }

  #keepIfOverdue(trace: HeldTrace<Span, Place>, now: number): void {
    const overdue = trace.findRoot((span, sinceMs) => this.#slow.isOverdue(span, now - sinceMs));
    if (overdue !== undefined) this.#keepWithinBudget(trace, overdue.spanContext(), 'slow');
  }
}
