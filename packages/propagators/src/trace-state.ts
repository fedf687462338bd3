import type { TraceState } from '@opentelemetry/api';
import { trimSlice } from './headers.ts';

type Member = readonly [key: string, value: string];

const MAX_MEMBERS = 32;
const MAX_LENGTH = 512;
const LONG_MEMBER = 128;

/**
 * The `tracestate` of Trace Context Level 2: at most 32 members and 512 characters, immutable. Whole members give way when
 * there are more, first those above 128 characters, then the right-most.
 *
 * @see https://www.w3.org/TR/trace-context-2/#tracestate-header
 */
export class W3CTraceState implements TraceState {
  readonly #members: readonly Member[];
  #serialized: string | undefined;

  private constructor(members: readonly Member[]) {
    this.#members = fitting(members);
  }

  /**
   * Parses the header; several lines are joined with commas before. A header with a single invalid member, or with more
   * than 32, counts for nothing as a whole: its author has another idea of the format than we have. Of members with the
   * same key the first counts.
   */
  static parse(header: string): W3CTraceState {
    const members: Member[] = [];
    for (let start = 0, count = 0; start <= header.length; ) {
      const comma = header.indexOf(',', start);
      const end = comma < 0 ? header.length : comma;
      const text = trimSlice(header, start, end);
      start = end + 1;
      if (text === '') continue;
      const member = parseMember(text);
      if (member === undefined || ++count > MAX_MEMBERS) return new W3CTraceState([]);
      if (!members.some(([key]) => key === member[0])) members.push(member);
    }
    return new W3CTraceState(members);
  }

  /** The value of this key. */
  get(key: string): string | undefined {
    return this.#members.find(([name]) => name === key)?.[1];
  }

  /** A copy with this member in front. Where key or value break the format, the same object. */
  set(key: string, value: string): W3CTraceState {
    if (!isKey(key) || !isValue(value)) return this;
    return new W3CTraceState([[key, value], ...this.#members.filter(([name]) => name !== key)]);
  }

  /** A copy without this key. */
  unset(key: string): W3CTraceState {
    return new W3CTraceState(this.#members.filter(([name]) => name !== key));
  }

  /** The header; an empty string if there are no members. */
  serialize(): string {
    this.#serialized ??= this.#members.map(([key, value]) => `${key}=${value}`).join(',');
    return this.#serialized;
  }
}

function parseMember(text: string): Member | undefined {
  const equals = text.indexOf('=');
  if (equals < 0) return undefined;
  const key = text.slice(0, equals);
  const value = text.slice(equals + 1);
  return isKey(key) && isValue(value) ? [key, value] : undefined;
}

// key = ( lcalpha / DIGIT ) 0*255 ( lcalpha / DIGIT / "_" / "-"/ "*" / "/" / "@" )
function isKey(key: string): boolean {
  return key.length <= 256 && /^[a-z0-9][a-z0-9_\-*/@]*$/.test(key);
}

// value = 0*255(chr) nblk-chr: printable ASCII but comma and equals sign, with no space at the end
function isValue(value: string): boolean {
  return value.length <= 256 && /^[ -+\--<>-~]*$/.test(value) && value !== '' && !value.endsWith(' ');
}

function fitting(members: readonly Member[]): readonly Member[] {
  const kept = members.slice(0, MAX_MEMBERS);
  let length = kept.reduce((sum, member) => sum + lengthOf(member) + 1, -1);
  for (const gives of [isLong, () => true]) {
    for (let index = kept.length - 1; index >= 0 && length > MAX_LENGTH; index--) {
      const member = kept[index] as Member;
      if (!gives(member)) continue;
      length -= lengthOf(member) + 1;
      kept.splice(index, 1);
    }
  }
  return kept;
}

function isLong(member: Member): boolean {
  return lengthOf(member) > LONG_MEMBER;
}

function lengthOf([key, value]: Member): number {
  return key.length + 1 + value.length;
}
