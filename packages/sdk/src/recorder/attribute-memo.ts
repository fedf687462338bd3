// Attribute names repeat; keys that come from outside must not make this grow without end.
const MAX_NAMES = 1024;
const MAX_TEXT = 160;
const encodedNames = new Map<string, Uint8Array>();

/** The `key` field of an attribute, which is encoded once for all spans. */
export function encodedName(name: string): Uint8Array {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const head = [0x0a];
  let { length } = text;
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  const encoded = Buffer.concat([Buffer.from([...head, length]), text]);
  if (encodedNames.size < MAX_NAMES) encodedNames.set(name, encoded);
  return encoded;
}

/** An attribute as it was last written, and where. */
export class WrittenAttribute {
  readonly name: string;
  readonly encodedName: Uint8Array;
  /** Which attribute followed last: mostly it does so again. */
  next: WrittenAttribute | undefined;
  at = 0;
  end = 0;
  #value: unknown;
  #epoch = -1;

  constructor(name: string, encoded: Uint8Array) {
    this.name = name;
    this.encodedName = encoded;
  }

  /** Whether this value was written, and is still where it was. */
  holds(value: unknown, epoch: number): boolean {
    return this.#epoch === epoch && this.#value === value;
  }

  /** Remembers where a value is now, if it is one that may come again. An array may have changed by then. */
  keep(value: unknown, epoch: number, at: number, end: number): void {
    const isKept = typeof value === 'object' ? false : typeof value !== 'string' || value.length <= MAX_TEXT;
    this.#epoch = isKept ? epoch : -1;
    this.#value = isKept ? value : undefined;
    this.at = at;
    this.end = end;
  }
}

/**
 * Which attributes were written into a buffer last, and where: most of a span's are those of the span before, and what is
 * there already is copied in one piece, where encoding goes character by character.
 */
export class AttributeMemo {
  /** Changes when what was written is gone or somewhere else. */
  epoch = 0;
  /** Stands before the first attribute of every span: its value is the name of the span that was written last. */
  readonly start = new WrittenAttribute('', new Uint8Array());
  /** The kind that was written behind that name. */
  kind = -1;
  readonly #all = new Map<string, WrittenAttribute>();

  /** The attribute of this name; `undefined` if there are too many names. */
  after(previous: WrittenAttribute, name: string): WrittenAttribute | undefined {
    const { next } = previous;
    if (next !== undefined && next.name === name) return next;
    const found = this.#all.get(name) ?? this.#add(name);
    if (found !== undefined) previous.next = found;
    return found;
  }

  #add(name: string): WrittenAttribute | undefined {
    if (this.#all.size >= MAX_NAMES) return undefined;
    const added = new WrittenAttribute(name, encodedName(name));
    this.#all.set(name, added);
    return added;
  }
}
