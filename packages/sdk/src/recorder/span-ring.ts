import { createTraceState, type SpanContext } from '@opentelemetry/api';
import { ATTR_OMITTED, ATTR_REASON, type SpanShelf, sampleAtEnd, type Verdict } from '@throughline/sampling';
import { ByteWriter } from './byte-writer.ts';
import type { RecordedSpan, Scope } from './recorded-span.ts';
import { writeSpanAttribute, writeSpanBody, writeSpanEnd } from './span-writer.ts';

/** Takes a span that is written as a `spans` element of a `ScopeSpans` message. */
export type WrittenSpanSink = {
  addWritten<Form>(scope: Scope, span: Form, write: (writer: ByteWriter, span: Form) => void): void;
};

type Block = { readonly writer: ByteWriter /** How many spans in it nobody has decided about. */; held: number };

/** A span in a block, and what it lacks. */
type HeldRecord = {
  readonly spanContext: SpanContext;
  readonly isParentRemote: boolean;
  readonly body: Uint8Array;
  readonly reason: string;
  readonly omitted: number;
};

const MIN_BLOCK_BYTES = 4096;
const MAX_BLOCK_BYTES = 256 * 1024;
const BLOCKS = 64;
// A record: its length, the index of its scope, flags and the length of its trace state, the trace state, the span.
const HEAD_BYTES = 12;
const REMOTE_PARENT = 0x100;
const STATE_LENGTH_AT = 16;

/**
 * Holds spans as the bytes of their export, in blocks outside of the garbage collector's heap: objects that live for some
 * seconds are what costs a garbage collector most. The oldest block goes first when there is no room.
 *
 * A place is the number of bytes written before the span since the beginning, so what is too old is told by the number.
 */
export class SpanRing implements SpanShelf<RecordedSpan, number> {
  lost = 0;
  readonly #blockBytes: number;
  readonly #sink: WrittenSpanSink;
  readonly #blocks: Block[] = [];
  readonly #spare: ByteWriter[] = [];
  readonly #scopes: Scope[] = [];
  readonly #scopeIndices = new Map<Scope, number>();
  /** The number of the oldest block, counted from the beginning. */
  #first = 0;

  constructor(maxBytes: number, sink: WrittenSpanSink) {
    this.#blockBytes = Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, Math.floor(maxBytes / BLOCKS)));
    this.#sink = sink;
  }

  get bytes(): number {
    return (this.#blocks.length + this.#spare.length) * this.#blockBytes;
  }

  put(span: RecordedSpan, room: number): number | undefined {
    const block = this.#blocks.at(-1) ?? this.#add(room);
    if (block === undefined) return undefined;
    const start = block.writer.length;
    if (this.#write(block.writer, span)) return this.#placed(block, start);
    // A block that is empty has no room for it, or it cannot be written at all.
    const next = start === 0 ? undefined : this.#add(room);
    if (next === undefined || !this.#write(next.writer, span)) return undefined;
    return this.#placed(next, 0);
  }

  // The blocks count as a whole.
  weigh(): number {
    return 0;
  }

  release(traceId: string, places: readonly number[], verdict: Verdict, omitted: number): number {
    let missing = omitted;
    for (const place of places) if (this.#blockOf(place) === undefined) missing += 1;
    let released = 0;
    for (const place of places) {
      const block = this.#blockOf(place);
      if (block === undefined) continue;
      block.held -= 1;
      this.#handOver(block.writer, place % this.#blockBytes, traceId, verdict, released === 0 ? missing : 0);
      released += 1;
    }
    return released;
  }

  forget(places: readonly number[]): number {
    let forgotten = 0;
    for (const place of places) {
      const block = this.#blockOf(place);
      if (block === undefined) continue;
      block.held -= 1;
      forgotten += 1;
    }
    return forgotten;
  }

  giveBack(): boolean {
    this.#reclaim();
    return this.#spare.pop() !== undefined;
  }

  #placed(block: Block, start: number): number {
    block.held += 1;
    return (this.#first + this.#blocks.length - 1) * this.#blockBytes + start;
  }

  #blockOf(place: number): Block | undefined {
    return this.#blocks[Math.floor(place / this.#blockBytes) - this.#first];
  }

  /** A block to write to: one that is free, a new one if there is room, or that of the oldest spans. */
  #add(room: number): Block | undefined {
    this.#reclaim();
    let writer = this.#spare.pop();
    if (writer === undefined && this.bytes + this.#blockBytes <= room) {
      writer = new ByteWriter(this.#blockBytes, this.#blockBytes);
    }
    if (writer === undefined && this.#blocks.length > 0) {
      this.#dropOldest();
      writer = this.#spare.pop();
    }
    if (writer === undefined) return undefined;
    const block = { writer, held: 0 };
    this.#blocks.push(block);
    return block;
  }

  /** Makes blocks spare in which nothing is held any more, from the oldest on. */
  #reclaim(): void {
    while (this.#blocks[0]?.held === 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#blocks.shift();
    if (oldest === undefined) return;
    this.#first += 1;
    this.lost += oldest.held;
    oldest.writer.truncate(0);
    this.#spare.push(oldest.writer);
  }

  /** Whether it could be written. */
  #write(writer: ByteWriter, span: RecordedSpan): boolean {
    const start = writer.length;
    try {
      const { traceFlags, traceState } = span.spanContext();
      const state = traceState?.serialize() ?? '';
      const parent = span.parentSpanContext?.isRemote === true ? REMOTE_PARENT : 0;
      writer.fixed32(0);
      writer.fixed32(this.#indexOf(span.scope));
      writer.fixed32((traceFlags & 0xff) | parent | (state.length << STATE_LENGTH_AT));
      if (state !== '') writer.raw(Buffer.from(state, 'latin1'));
      writeSpanBody(writer, span);
      writer.replaceFixed32(start, writer.length - start);
      return true;
    } catch {
      writer.truncate(start);
      return false;
    }
  }

  #indexOf(scope: Scope): number {
    const known = this.#scopeIndices.get(scope);
    if (known !== undefined) return known;
    this.#scopeIndices.set(scope, this.#scopes.length);
    return this.#scopes.push(scope) - 1;
  }

  #handOver(writer: ByteWriter, start: number, traceId: string, verdict: Verdict, omitted: number): void {
    const end = start + writer.fixed32At(start);
    const scope = this.#scopes[writer.fixed32At(start + 4)] as Scope;
    const meta = writer.fixed32At(start + 8);
    const bodyStart = start + HEAD_BYTES + (meta >>> STATE_LENGTH_AT);
    const state = writer.view(start + HEAD_BYTES, bodyStart).toString('latin1');
    const spanContext: SpanContext = { traceId, spanId: '', traceFlags: meta & 0xff };
    if (state !== '') spanContext.traceState = createTraceState(state);
    sampleAtEnd(spanContext, verdict.threshold);
    const record: HeldRecord = {
      spanContext,
      isParentRemote: (meta & REMOTE_PARENT) !== 0,
      body: writer.view(bodyStart, end),
      reason: verdict.reason,
      omitted,
    };
    this.#sink.addWritten(scope, record, writeRecord);
  }
}

function writeRecord(writer: ByteWriter, { spanContext, isParentRemote, body, reason, omitted }: HeldRecord): void {
  writer.byte(0x12);
  const start = writer.openLong();
  writer.raw(body);
  writeSpanAttribute(writer, ATTR_REASON, reason);
  if (omitted > 0) writeSpanAttribute(writer, ATTR_OMITTED, omitted);
  const { traceId, traceState, traceFlags } = spanContext;
  writeSpanEnd(writer, traceId, traceState?.serialize() ?? '', traceFlags, isParentRemote);
  writer.closeLong(start);
}
