import { NIBBLES, type TraceWords } from '@throughline/sampling';
import type { ByteWriter } from './byte-writer.ts';

/** Writes a tag, and the eight bytes of a span id with their length. */
export function writeSpanId(writer: ByteWriter, tag: number, high: number, low: number): void {
  writer.openWords(tag, 8);
  writer.word(high);
  writer.word(low);
}

/** Writes a tag, and the sixteen bytes of a trace id with their length. */
export function writeTraceId(writer: ByteWriter, tag: number, { first, second, third, fourth }: TraceWords): void {
  writer.openWords(tag, 16);
  writer.word(first);
  writer.word(second);
  writer.word(third);
  writer.word(fourth);
}

/** Writes a tag, and the bytes that this hex text stands for with their length: an id as somebody else has it. */
export function writeHexId(writer: ByteWriter, tag: number, text: string): void {
  writer.byte(tag);
  writer.varint(text.length >>> 1);
  for (let at = 0; at < text.length; at += 2) {
    const high = NIBBLES[text.charCodeAt(at)] as number;
    writer.byte((high << 4) | (NIBBLES[text.charCodeAt(at + 1)] as number));
  }
}
