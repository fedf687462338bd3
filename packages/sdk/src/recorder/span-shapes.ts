import type { Scope } from './recorded-span.ts';

const MAX_SHAPES = 1024;
const WAYS = 8;
const MAX_TEXT = 160;

/**
 * Which texts were written last in one place of a shape, and where: the method of a request or its user agent is mostly one of
 * a few. The index is by length and last character, so that nothing has to be hashed.
 */
export class TextMemo {
  readonly #texts: string[] = new Array(WAYS).fill('');
  readonly #ats: number[] = new Array(WAYS).fill(0);
  readonly #epochs: number[] = new Array(WAYS).fill(-1);

  /** Where the text was written in this epoch; -1 if it was not, and from now on it is there. */
  find(text: string, epoch: number, at: number): number {
    const { length } = text;
    if (length === 0 || length > MAX_TEXT) return -1;
    const way = (length + text.charCodeAt(length - 1)) & (WAYS - 1);
    if (this.#epochs[way] === epoch && this.#texts[way] === text) return this.#ats[way] as number;
    this.#texts[way] = text;
    this.#ats[way] = at;
    this.#epochs[way] = epoch;
    return -1;
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
    if (shape.last !== undefined && shape.lastName === name) return shape.last;
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
