import type { HeldSpan, SpanAccess } from './held-span.ts';
import { sampleAtEnd } from './kept-context.ts';
import type { KeptOutlet } from './kept-outlet.ts';
import type { Verdict } from './verdicts.ts';

export const ATTR_REASON = 'sampling.reason';
export const ATTR_OMITTED = 'sampling.omitted_spans';

/**
 * Where spans wait that have ended, until their trace is decided about. A place is what finds one of them again, and those of
 * its trace that were put away before it.
 */
export interface SpanShelf<Span extends HeldSpan, Place> {
  /** How much memory it takes as a whole, besides what `weigh` says of each span. */
  readonly bytes: number;
  /** How many spans it has given up to make room for others, before anybody decided about them. */
  readonly lost: number;
  /**
   * Puts a span away; `undefined` if that is not possible. As a whole, the shelf may take `room` bytes. `before` is the place
   * of the last span of its trace.
   */
  put(span: Span, room: number, before: Place | undefined): Place | undefined;
  /** About how much memory a span takes that was put away last. */
  weigh(place: Place): number;
  /**
   * Hands over the `spans` of a trace that is kept, of which this is the place of the last. `omitted` are missing for other
   * reasons. How many were still there.
   */
  release(id: string, last: Place | undefined, spans: number, verdict: Verdict, omitted: number): number;
  /** Lets go of the spans of a trace, of which these are the places of the first and the last. How many were still there. */
  forget(first: Place | undefined, last: Place | undefined, spans: number): number;
  /** Gives back memory that is not in use, if there is any. */
  giveBack(): boolean;
}

/** A span that is kept as the object it is, and that before it. */
export type ShelvedSpan<Span> = { readonly span: Span; readonly before: ShelvedSpan<Span> | undefined };

/** Keeps spans as the objects they are. */
export class ObjectShelf<Span extends HeldSpan> implements SpanShelf<Span, ShelvedSpan<Span>> {
  readonly bytes = 0;
  readonly lost = 0;
  readonly #access: SpanAccess<Span>;
  readonly #outlet: KeptOutlet<Span>;

  constructor(access: SpanAccess<Span>, outlet: KeptOutlet<Span>) {
    this.#access = access;
    this.#outlet = outlet;
  }

  put(span: Span, _room: number, before: ShelvedSpan<Span> | undefined): ShelvedSpan<Span> {
    return { span, before };
  }

  weigh({ span }: ShelvedSpan<Span>): number {
    return this.#access.bytes(span);
  }

  release(_id: string, last: ShelvedSpan<Span> | undefined, _spans: number, verdict: Verdict, omitted: number): number {
    const spans: Span[] = [];
    for (let place = last; place !== undefined; place = place.before) spans.push(place.span);
    spans.reverse();
    const [first] = spans;
    if (first !== undefined && omitted > 0) this.#access.mark(first, ATTR_OMITTED, omitted);
    for (const span of spans) {
      sampleAtEnd(span.spanContext(), verdict.threshold);
      this.#access.mark(span, ATTR_REASON, verdict.reason);
      this.#outlet.announce(span);
    }
    for (const span of spans) this.#outlet.handOver(span);
    return spans.length;
  }

  forget(_first: ShelvedSpan<Span> | undefined, _last: ShelvedSpan<Span> | undefined, spans: number): number {
    return spans;
  }

  giveBack(): boolean {
    return false;
  }
}
