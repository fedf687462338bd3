import type { Scope } from './recorded-span.ts';

const MAX_SHAPES = 1024;
const WAYS = 8;
const MAX_TEXT = 160;
const MANY_MISSES = 15;

/**
 * Which texts were written last in one place of a shape, and where: the method of a request or its user agent is mostly the
 * same as the last time, or one of a few. Their index is by length and last character, so that nothing has to be hashed.
 */
export class TextMemo {
  #last = '';
  #lastAt = 0;
  #lastEpoch = -1;
  #misses = 0;
  readonly #texts: string[] = [];
  readonly #ats: number[] = [];
  readonly #epochs: number[] = [];

  /** Where the text was written in this epoch; -1 if that is not known. From now on it mostly is. */
  find(text: string, epoch: number, at: number): number {
    return this.#lastEpoch === epoch && this.#last === text ? this.#lastAt : this.#findOther(text, epoch, at);
  }

  #findOther(text: string, epoch: number, at: number): number {
    const { length } = text;
    if (length === 0 || length > MAX_TEXT) return -1;
    const way = (length + text.charCodeAt(length - 1)) & (WAYS - 1);
    const isKnown = this.#epochs[way] === epoch && this.#texts[way] === text;
    this.#misses = isKnown ? 0 : this.#misses + 1;
    // What is new every time, such as a path with a number, is remembered now and then, to see whether it still is.
    if (this.#misses > MANY_MISSES && (this.#misses & MANY_MISSES) !== 0) return -1;
    const found = isKnown ? (this.#ats[way] as number) : -1;
    if (!isKnown) this.#remember(text, epoch, at, way);
    this.#last = text;
    this.#lastAt = isKnown ? found : at;
    this.#lastEpoch = epoch;
    return found;
  }

  #remember(text: string, epoch: number, at: number, way: number): void {
    if (this.#texts.length === 0) this.#makeRoom();
    this.#texts[way] = text;
    this.#ats[way] = at;
    this.#epochs[way] = epoch;
  }

  #makeRoom(): void {
    for (let way = 0; way < WAYS; way += 1) {
      this.#texts.push('');
      this.#ats.push(0);
      this.#epochs.push(-1);
    }
  }
}

/** The names of attributes that spans of a scope have, in their order. */
export class SpanShape {
  readonly id: number;
  readonly scope: Scope;
  readonly parent: SpanShape | undefined;
  /** The last of the names; empty in the shape without any. */
  readonly name: string;
  /** The values of the last name; of the shape without any, the names of spans. */
  readonly values = new TextMemo();
  // What follows on a shape is mostly the same as the last time.
  lastName = '';
  last: SpanShape | undefined;
  others: Map<string, SpanShape> | undefined;

  constructor(id: number, scope: Scope, parent: SpanShape | undefined, name: string) {
    this.id = id;
    this.scope = scope;
    this.parent = parent;
    this.name = name;
  }

  /** All names, from the first on. */
  names(): string[] {
    const names: string[] = [];
    for (let shape: SpanShape = this; shape.parent !== undefined; shape = shape.parent) names.push(shape.name);
    return names.reverse();
  }
}

/** The shapes of spans, a bounded number of them: each is the beginning of those that follow on it. */
export class SpanShapes {
  readonly #all: SpanShape[] = [];
  readonly #roots = new Map<Scope, SpanShape>();
  readonly states = new TextMemo();
  #lastScope: Scope | undefined;
  #lastRoot: SpanShape | undefined;

  get isFull(): boolean {
    return this.#all.length >= MAX_SHAPES;
  }

  /** The shape of this number. */
  at(id: number): SpanShape {
    return this.#all[id] as SpanShape;
  }

  /** The shape without attributes; `undefined` if there are too many. */
  root(scope: Scope): SpanShape | undefined {
    if (scope === this.#lastScope) return this.#lastRoot;
    let root = this.#roots.get(scope);
    if (root === undefined) {
      root = this.#create(scope, undefined, '');
      if (root === undefined) return undefined;
      this.#roots.set(scope, root);
    }
    this.#lastScope = scope;
    this.#lastRoot = root;
    return root;
  }

  /** The shape with one name more; `undefined` if there are too many. */
  next(shape: SpanShape, name: string): SpanShape | undefined {
    return shape.lastName === name ? shape.last : this.#nextOther(shape, name);
  }

  #nextOther(shape: SpanShape, name: string): SpanShape | undefined {
    let next = shape.others?.get(name);
    if (next === undefined) {
      next = this.#create(shape.scope, shape, name);
      if (next === undefined) return undefined;
      shape.others ??= new Map();
      shape.others.set(name, next);
    }
    shape.lastName = name;
    shape.last = next;
    return next;
  }

  #create(scope: Scope, parent: SpanShape | undefined, name: string): SpanShape | undefined {
    if (this.isFull) return undefined;
    const shape = new SpanShape(this.#all.length, scope, parent, name);
    this.#all.push(shape);
    return shape;
  }
}
