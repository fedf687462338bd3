import { type AttributeValue, diag } from '@opentelemetry/api';

/** Attributes as they are written: in the order in which they came, each name once. */
export class AttributeList {
  /** Name, value, name, value, …, as far as `length` says; there may be room behind it. */
  readonly items: unknown[];
  length = 0;
  /** How many there were too many. */
  dropped = 0;

  /** @param items the room for names and values, which is the list's from now on: an array that grows leaves more behind than it takes */
  constructor(items: unknown[]) {
    this.items = items;
  }

  /** Sets the names and values that its room has in it, as if each was set. The names are valid, and differ from each other. */
  fill(countLimit: number, lengthLimit: number): void {
    const { items } = this;
    const end = items.length;
    for (let at = 0; at < end; at += 2) {
      const value = items[at + 1];
      // Mostly it is where it is to be. What is written further on was read before.
      const isShort = typeof value === 'string' ? value.length <= lengthLimit : typeof value === 'number';
      if (isShort && at === this.length && at < 2 * countLimit) this.length = at + 2;
      else this.set(items[at] as string, value, countLimit, lengthLimit, true);
    }
  }

  /** The value of this name. */
  get(name: string): AttributeValue | undefined {
    const at = this.#find(name);
    return at < 0 ? undefined : (this.items[at + 1] as AttributeValue);
  }

  /**
   * Sets what is valid, within limits: so many names, and so many characters of a text.
   *
   * @param isNew whether the caller knows that the name is not there yet
   */
  set(name: string, value: unknown, countLimit: number, lengthLimit: number, isNew = false): void {
    if (value === null || value === undefined) return;
    if (name.length === 0 || (typeof value === 'object' && !isAttributeArray(value)) || typeof value === 'function') {
      diag.warn(`[sdk] The attribute \`${name}\` has no valid name and value and was not set.`);
      return;
    }
    const at = isNew ? -1 : this.#find(name);
    const kept = truncated(value, lengthLimit);
    if (at >= 0) this.items[at + 1] = kept;
    else if (this.length >= 2 * countLimit) this.dropped += 1;
    else this.append(name, kept);
  }

  /** Adds a name that is not there yet, whatever the limits. */
  append(name: string, value: unknown): void {
    const { items, length } = this;
    // A store that may grow the array is not compiled in but called: some 420 instructions for the attributes of a span.
    if (length < items.length) {
      items[length] = name;
      items[length + 1] = value;
    } else {
      items.push(name, value);
    }
    this.length = length + 2;
  }

  /** Sets a value, whatever the limits. */
  replace(name: string, value: unknown): void {
    const at = this.#find(name);
    if (at < 0) this.append(name, value);
    else this.items[at + 1] = value;
  }

  #find(name: string): number {
    const { items, length } = this;
    for (let at = 0; at < length; at += 2) if (items[at] === name) return at;
    return -1;
  }
}

// https://opentelemetry.io/docs/specs/otel/common/#attribute: elements of one primitive type, or none at all.
function isAttributeArray(value: object): boolean {
  if (!Array.isArray(value)) return false;
  const first: unknown = value.find((element) => element !== null && element !== undefined);
  const type = typeof first;
  if (type !== 'string' && type !== 'number' && type !== 'boolean') return first === undefined;
  return value.every((element) => element === null || element === undefined || typeof element === type);
}

function truncated(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return value.length > limit ? value.slice(0, limit) : value;
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === 'string' ? item.slice(0, limit) : item));
}
