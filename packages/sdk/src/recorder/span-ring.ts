import { createTraceState, type SpanContext } from '@opentelemetry/api';
import { ATTR_OMITTED, ATTR_REASON, type SpanShelf, sampleAtEnd, TraceId, type Verdict } from '@throughline/sampling';
import { ByteWriter } from './byte-writer.ts';
import { BEFORE_AT, NO_ROOM, readCompact, UNFIT, writeCompact } from './compact-span.ts';
import type { RecordedSpan, Scope } from './recorded-span.ts';
import { RingBlock } from './ring-block.ts';
import { SpanShapes } from './span-shapes.ts';
import { textOf, writeSpanAttribute, writeSpanBody, writeSpanEnd } from './span-writer.ts';

/** Takes a span that is written as a `spans` element of a `ScopeSpans` message. */
export type WrittenSpanSink = {
  addWritten<Form>(scope: Scope, span: Form, write: (writer: ByteWriter, span: Form) => void): void;
};

/** A span that was held, and what it lacks. */
type HeldRecord = {
  readonly traceId: TraceId;
  readonly spanContext: SpanContext;
  readonly isParentRemote: boolean;
  readonly writeBody: (writer: ByteWriter) => void;
  readonly reason: string;
  readonly omitted: number;
};

const MIN_BLOCK_BYTES = 4096;
const MAX_BLOCK_BYTES = 256 * 1024;
const BLOCKS = 64;
// What is held as the bytes of its export: their length, below 0, where the span before is, the index of the scope, flags and the
// length of the trace state, the trace state, the bytes.
const HEAD_WORDS = 4;
const REMOTE_PARENT = 0x100;
const STATE_LENGTH_AT = 16;
const MAX_STATE_LENGTH = 0x7fff;

/**
 * Holds spans in blocks outside of the garbage collector's heap: objects that live for some seconds are what costs a garbage
 * collector most. Most are written in a form that is quick to write, for few are ever read; those that do not fit it, as the
 * bytes of their export. The oldest block goes first when there is no room.
 *
 * A place is the number of words written before the span since the beginning, so what is too old is told by the number.
 */
export class SpanRing implements SpanShelf<RecordedSpan, number> {
  lost = 0;
  readonly #blockBytes: number;
  readonly #sink: WrittenSpanSink;
  readonly #blockWords: number;
  readonly #blocks: RingBlock[] = [];
  readonly #spare: RingBlock[] = [];
  readonly #scratch: ByteWriter;
  #shapes = new SpanShapes();
  readonly #scopes: Scope[] = [];
  readonly #scopeIndices = new Map<Scope, number>();
  /** The number of the oldest block, counted from the beginning. */
  #first = 0;
  /** The newest block, which is written to, and the place of its first word. */
  #newest: RingBlock | undefined;
  #newestAt = 0;

  constructor(maxBytes: number, sink: WrittenSpanSink) {
    this.#blockWords = Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, Math.floor(maxBytes / BLOCKS))) >> 2;
    this.#blockBytes = this.#blockWords << 2;
    this.#scratch = new ByteWriter(MIN_BLOCK_BYTES, this.#blockBytes);
    this.#sink = sink;
  }

  get bytes(): number {
    return (this.#blocks.length + this.#spare.length) * this.#blockBytes;
  }

  put(span: RecordedSpan, room: number, before: number | undefined): number | undefined {
    const block = this.#newest ?? this.#add(room);
    if (block === undefined) return undefined;
    const isEmpty = block.length === 0;
    let start = this.#write(block, span);
    // A block that is empty has no room for it, or it cannot be written at all.
    if (start === NO_ROOM && !isEmpty)
      start = this.#add(room) === undefined ? UNFIT : this.#write(this.#newest as RingBlock, span);
    return start < 0 ? undefined : this.#placed(start, before);
  }

  // The blocks count as a whole.
  weigh(): number {
    return 0;
  }

  release(id: string, last: number | undefined, spans: number, verdict: Verdict, omitted: number): number {
    const places = this.#leave(last, []);
    const traceId = new TraceId(id);
    let missing = omitted + spans - places.length;
    for (const place of places.reverse()) {
      const block = this.#blockOf(place) as RingBlock;
      this.#handOver(block, place % this.#blockWords, traceId, verdict, missing);
      missing = 0;
    }
    return places.length;
  }

  forget(first: number | undefined, last: number | undefined, spans: number): number {
    if (first === undefined || last === undefined) return 0;
    const block = this.#blockOf(last);
    // Mostly all are in one block, and what they say, written long ago, need not be looked at.
    if (block !== undefined && block === this.#blockOf(first)) {
      block.held -= spans;
      return spans;
    }
    let forgotten = 0;
    for (let place: number | undefined = last; place !== undefined; forgotten += 1) {
      const block = this.#blockOf(place);
      if (block === undefined) break;
      block.held -= 1;
      place = this.#before(block, place);
    }
    return forgotten;
  }

  giveBack(): boolean {
    this.#reclaim();
    return this.#spare.pop() !== undefined;
  }

  /** Notes how far before it the last span of its trace is; 0 if there is none, or none any more. */
  #placed(start: number, before: number | undefined): number {
    const block = this.#newest as RingBlock;
    block.held += 1;
    const place = this.#newestAt + start;
    const isThere = before !== undefined && before >= this.#first * this.#blockWords;
    block.words[start + BEFORE_AT] = isThere ? place - before : 0;
    return place;
  }

  #before(block: RingBlock, place: number): number | undefined {
    const distance = block.words[(place % this.#blockWords) + BEFORE_AT] as number;
    return distance === 0 ? undefined : place - distance;
  }

  /** The places of the spans of a trace that are still there, from the last on; they do not count as held any more. */
  #leave(last: number | undefined, places: number[]): number[] {
    for (let place = last; place !== undefined; ) {
      const block = this.#blockOf(place);
      if (block === undefined) break;
      block.held -= 1;
      places.push(place);
      place = this.#before(block, place);
    }
    return places;
  }

  #blockOf(place: number): RingBlock | undefined {
    return this.#blocks[Math.floor(place / this.#blockWords) - this.#first];
  }

  /** A block to write to: one that is free, a new one if there is room, or that of the oldest spans. */
  #add(room: number): RingBlock | undefined {
    this.#reclaim();
    let block = this.#spare.pop();
    if (block === undefined && this.bytes + this.#blockBytes <= room) {
      block = new RingBlock(this.#blockBytes, this.#shapes);
    }
    if (block === undefined && this.#blocks.length > 0) {
      this.#dropOldest();
      block = this.#spare.pop();
    }
    if (block === undefined) return undefined;
    // Names that somebody invents must not fill the table for good, nor be in many tables.
    if (this.#shapes.isFull && this.#blocks.every(({ shapes }) => shapes === this.#shapes)) {
      this.#shapes = new SpanShapes();
    }
    block.open(this.#shapes);
    this.#newestAt = (this.#first + this.#blocks.length) * this.#blockWords;
    this.#blocks.push(block);
    this.#newest = block;
    return block;
  }

  /** Makes blocks spare in which nothing is held any more, from the oldest on. */
  #reclaim(): void {
    while (this.#blocks[0]?.held === 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#blocks.shift();
    if (oldest === undefined) return;
    if (oldest === this.#newest) this.#newest = undefined;
    this.#first += 1;
    this.lost += oldest.held;
    this.#spare.push(oldest);
  }

  /** Where the record begins, or below 0 if it could not be written. */
  #write(block: RingBlock, span: RecordedSpan): number {
    try {
      const start = writeCompact(block, span);
      return start === UNFIT ? this.#writeBytes(block, span) : start;
    } catch {
      block.forgetTexts();
      return UNFIT;
    }
  }

  #writeBytes(block: RingBlock, span: RecordedSpan): number {
    const state = Buffer.from(textOf(span.traceState), 'latin1');
    if (state.length > MAX_STATE_LENGTH) return UNFIT;
    const scratch = this.#scratch;
    scratch.truncate(0);
    writeSpanBody(scratch, span);
    const { words, bytes, length: start } = block;
    const size = state.length + scratch.length;
    const end = start + HEAD_WORDS + ((size + 3) >> 2);
    if (end > words.length) return NO_ROOM;
    const parent = span.parentSpanContext?.isRemote === true ? REMOTE_PARENT : 0;
    words[start] = -size;
    words[start + 2] = this.#indexOf(span.scope);
    words[start + 3] = (span.traceFlags & 0xff) | parent | (state.length << STATE_LENGTH_AT);
    const at = (start + HEAD_WORDS) << 2;
    bytes.set(state, at);
    bytes.set(scratch.view(), at + state.length);
    block.length = end;
    return start;
  }

  #indexOf(scope: Scope): number {
    const known = this.#scopeIndices.get(scope);
    if (known !== undefined) return known;
    this.#scopeIndices.set(scope, this.#scopes.length);
    return this.#scopes.push(scope) - 1;
  }

  #handOver(block: RingBlock, start: number, traceId: TraceId, verdict: Verdict, omitted: number): void {
    const isBytes = (block.words[start] as number) < 0;
    const held = isBytes ? this.#readBytes(block, start) : readHeld(block, start);
    const { scope, traceFlags, state, isParentRemote, writeBody } = held;
    const spanContext: SpanContext = { traceId: traceId.text, spanId: '', traceFlags };
    if (state !== '') spanContext.traceState = createTraceState(state);
    sampleAtEnd(spanContext, verdict.threshold);
    const record: HeldRecord = { traceId, spanContext, isParentRemote, writeBody, reason: verdict.reason, omitted };
    this.#sink.addWritten(scope, record, writeRecord);
  }

  #readBytes({ words, bytes }: RingBlock, start: number): Held {
    const size = -(words[start] as number);
    const meta = words[start + 3] as number;
    const at = (start + HEAD_WORDS) << 2;
    const bodyAt = at + (meta >>> STATE_LENGTH_AT);
    return {
      scope: this.#scopes[words[start + 2] as number] as Scope,
      traceFlags: meta & 0xff,
      state: bytes.toString('latin1', at, bodyAt),
      isParentRemote: (meta & REMOTE_PARENT) !== 0,
      writeBody: (writer) => writer.raw(bytes.subarray(bodyAt, at + size)),
    };
  }
}

type Held = {
  readonly scope: Scope;
  readonly traceFlags: number;
  readonly state: string;
  readonly isParentRemote: boolean;
  readonly writeBody: (writer: ByteWriter) => void;
};

function readHeld(block: RingBlock, start: number): Held {
  const { scope, traceFlags, traceState, isParentRemote, body } = readCompact(block, start);
  const writeBody = (writer: ByteWriter): void => writeSpanBody(writer, body);
  return { scope, traceFlags, state: traceState, isParentRemote, writeBody };
}

function writeRecord(
  writer: ByteWriter,
  { traceId, spanContext, isParentRemote, writeBody, reason, omitted }: HeldRecord,
): void {
  writer.byte(0x12);
  const start = writer.openLong();
  writeBody(writer);
  writeSpanAttribute(writer, ATTR_REASON, reason);
  if (omitted > 0) writeSpanAttribute(writer, ATTR_OMITTED, omitted);
  const { traceState, traceFlags } = spanContext;
  writeSpanEnd(writer, traceId, textOf(traceState), traceFlags, isParentRemote);
  writer.closeLong(start);
}
