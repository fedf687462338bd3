import { AttributeList } from './attribute-list.ts';
import { putCodes } from './put-bytes.ts';
import type { RecordedSpan, Scope } from './recorded-span.ts';
import type { RingBlock } from './ring-block.ts';
import type { TextMemo } from './span-shapes.ts';
import { type SpanBody, textOf } from './span-writer.ts';

/** Results of `writeCompact`: there is no room in the block, or the span has something that few have. */
export const NO_ROOM = -1;
export const UNFIT = -2;

/** Which word of a record is for whoever holds it, to say where the span before is. */
export const BEFORE_AT = 1;

// A record: its length in words, where the span before is, shape and flags, the start and the duration, the ids, then name,
// trace state and the values of the attributes. A value begins with a word whose last three bits say what it is.
const HEAD_WORDS = 11;
const META = { remoteParent: 1 << 8, state: 1 << 10 } as const;
const KIND_AT = 11;
const STATUS_AT = 14;
const SHAPE_AT = 16;
/** More words than there are in a block. */
const MAX_WORD = 2 ** 24 - 1;
const TAG_BITS = 3;
const TAG = { integer: 0, known: 1, latin1: 2, utf8: 3, double: 4, boolean: 5, array: 6, nothing: 7 } as const;
const INTEGER_END = 2 ** 28;
/** Up to here a loop over char codes beats a call into the runtime. */
const SHORT_TEXT = 100;

/** A span that was read back, but for its trace id, which whoever holds it knows. */
export type CompactSpan = {
  readonly scope: Scope;
  readonly traceFlags: number;
  readonly traceState: string;
  readonly isParentRemote: boolean;
  readonly body: SpanBody;
};

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/**
 * Writes a span behind what is in the block, in a form that is quick to write: the names of its attributes are the number of
 * a shape, and a text that is in the block already is where it is. Returns where the record begins, in words.
 */
export function writeCompact(block: RingBlock, span: RecordedSpan): number {
  const start = block.length;
  if (!isFit(span)) return UNFIT;
  const end = writeRecord(block, span, start);
  if (end < 0) {
    block.forgetTexts(); // what was written so far will be overwritten
    return end;
  }
  block.words[start] = end - start;
  block.length = end;
  return start;
}

/** Reads the record that begins at this word. */
export function readCompact({ words, bytes, baseMillis, shapes }: RingBlock, start: number): CompactSpan {
  const meta = word(words, start + 2);
  const startMillis = baseMillis + word(words, start + 3);
  const reader = new ValueReader(words, bytes, start + HEAD_WORDS);
  const shape = shapes.at(meta >>> SHAPE_AT);
  const name = reader.read() as string;
  const traceState = (meta & META.state) === 0 ? '' : (reader.read() as string);
  const attributeList = new AttributeList([]);
  for (const name of shape.names()) attributeList.append(name, reader.read());
  return {
    scope: shape.scope,
    traceFlags: meta & 0xff,
    traceState,
    isParentRemote: (meta & META.remoteParent) !== 0,
    body: {
      idHigh: word(words, start + 7),
      idLow: word(words, start + 8),
      parentHigh: word(words, start + 9),
      parentLow: word(words, start + 10),
      name,
      kind: (meta >>> KIND_AT) & 7,
      startMillis,
      startNanos: word(words, start + 4),
      endMillis: startMillis + word(words, start + 5),
      endNanos: word(words, start + 6),
      attributeList,
      events: undefined,
      droppedEvents: 0,
      links: undefined,
      droppedLinks: 0,
      status: { code: (meta >>> STATUS_AT) & 3 },
    },
  };
}

function isFit(span: RecordedSpan): boolean {
  const { attributeList, status, kind } = span;
  if (span.events !== undefined || span.links !== undefined || status.message !== undefined) return false;
  if (attributeList.dropped > 0 || span.droppedEvents > 0 || span.droppedLinks > 0) return false;
  return (kind & 7) === kind && (status.code & 3) === status.code;
}

/** Returns the end of the record, or why it could not be written. */
function writeRecord(block: RingBlock, span: RecordedSpan, from: number): number {
  const { words, shapes } = block;
  const { startMillis, startNanos, endMillis, endNanos, traceState } = span;
  const { items, length } = span.attributeList;
  const start = from & MAX_WORD; // so the compiler knows that nothing overflows
  let shape = shapes.root(span.scope);
  if (shape === undefined) return UNFIT;
  let at = start + HEAD_WORDS;
  if (at > words.length) return NO_ROOM;
  if (Number.isNaN(block.baseMillis)) block.baseMillis = startMillis;
  const { baseMillis } = block;
  const sinceBase = (startMillis - baseMillis) | 0;
  const duration = (endMillis - startMillis) | 0;
  if (baseMillis + sinceBase !== startMillis || startMillis + duration !== endMillis) return UNFIT;
  if ((startNanos | 0) !== startNanos || (endNanos | 0) !== endNanos) return UNFIT;
  let meta = (span.traceFlags & 0xff) | (span.kind << KIND_AT) | (span.status.code << STATUS_AT);
  if (span.parentSpanContext?.isRemote === true) meta |= META.remoteParent;
  if (traceState !== undefined) meta |= META.state;
  words[start + 3] = sinceBase;
  words[start + 4] = startNanos | 0;
  words[start + 5] = duration;
  words[start + 6] = endNanos | 0;
  words[start + 7] = span.idHigh | 0;
  words[start + 8] = span.idLow | 0;
  words[start + 9] = span.parentHigh | 0;
  words[start + 10] = span.parentLow | 0;
  at = writeText(block, at, shape.values, span.name);
  if (traceState !== undefined && at >= 0) at = writeText(block, at, shapes.states, textOf(traceState));
  for (let index = 0; index < length && at >= 0; index += 2) {
    shape = shapes.next(shape, items[index] as string);
    if (shape === undefined) return UNFIT;
    const value = items[index + 1];
    const { values } = shape;
    at = typeof value === 'string' ? writeText(block, at, values, value) : writeValue(block, at, values, value);
  }
  words[start + 2] = meta | (shape.id << SHAPE_AT);
  return at;
}

function writeValue(block: RingBlock, at: number, known: TextMemo | undefined, value: unknown): number {
  if (typeof value === 'string') return writeText(block, at, known, value);
  const { words } = block;
  if (at + 3 > words.length) return NO_ROOM;
  if (typeof value === 'number') {
    if ((value | 0) === value && value < INTEGER_END && value >= -INTEGER_END && !Object.is(value, -0)) {
      words[at] = (value << TAG_BITS) | TAG.integer;
      return at + 1;
    }
    double[0] = value;
    words[at] = TAG.double;
    words[at + 1] = halves[0] as number;
    words[at + 2] = halves[1] as number;
    return at + 3;
  }
  if (typeof value === 'boolean') {
    words[at] = (value ? 1 << TAG_BITS : 0) | TAG.boolean;
    return at + 1;
  }
  if (value === null || value === undefined) {
    words[at] = TAG.nothing;
    return at + 1;
  }
  return Array.isArray(value) ? writeArray(block, at, value) : UNFIT;
}

function writeArray(block: RingBlock, start: number, items: readonly unknown[]): number {
  block.words[start] = (items.length << TAG_BITS) | TAG.array;
  let at = start + 1;
  for (let index = 0; index < items.length && at >= 0; index += 1) {
    at = writeValue(block, at, undefined, items[index]);
  }
  return at;
}

function writeText(block: RingBlock, at: number, known: TextMemo | undefined, value: string): number {
  const { words } = block;
  if (at >= words.length) return NO_ROOM;
  const before = known === undefined ? -1 : known.find(value, block.epoch, at);
  if (before < 0) return writeNewText(block, at, value);
  words[at] = (before << TAG_BITS) | TAG.known;
  return at + 1;
}

function writeNewText(block: RingBlock, at: number, value: string): number {
  const { words } = block;
  const { length } = value;
  if (length > SHORT_TEXT) return writeLongText(block, at, value);
  const end = at + 1 + ((length + 3) >> 2);
  if (end > words.length) return NO_ROOM;
  if (putCodes(block.bytes, (at + 1) << 2, value) > 0xff) return writeLongText(block, at, value);
  words[at] = (length << TAG_BITS) | TAG.latin1;
  return end;
}

function writeLongText({ words, bytes }: RingBlock, at: number, value: string): number {
  const size = Buffer.byteLength(value);
  const end = at + 1 + ((size + 3) >> 2);
  if (end > words.length) return NO_ROOM;
  words[at] = (size << TAG_BITS) | TAG.utf8;
  bytes.write(value, (at + 1) << 2, size, 'utf8');
  return end;
}

/** Reads values that were written one after the other. */
class ValueReader {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  #at: number;

  constructor(words: Int32Array, bytes: Buffer, at: number) {
    this.#words = words;
    this.#bytes = bytes;
    this.#at = at;
  }

  read(): unknown {
    const head = word(this.#words, this.#at++);
    const rest = head >> TAG_BITS;
    const tag = head & 7;
    if (tag === TAG.known) return new ValueReader(this.#words, this.#bytes, rest).read();
    if (tag === TAG.latin1 || tag === TAG.utf8) {
      const from = this.#at << 2;
      this.#at += (rest + 3) >> 2;
      return this.#bytes.toString(tag === TAG.latin1 ? 'latin1' : 'utf8', from, from + rest);
    }
    if (tag === TAG.double) {
      halves[0] = word(this.#words, this.#at++);
      halves[1] = word(this.#words, this.#at++);
      return double[0];
    }
    if (tag === TAG.array) return Array.from({ length: rest }, () => this.read());
    if (tag === TAG.nothing) return undefined;
    return tag === TAG.boolean ? rest === 1 : rest;
  }
}

function word(words: Int32Array, at: number): number {
  return words[at] as number;
}
