import { type CharacterTest, isOfWord, PatternError, type PatternNode, parsePattern } from './pattern-syntax.ts';

const MAX_STEPS = 1500;
/** What is remembered of a pattern before it is begun anew. */
const MAX_REMEMBERED = 10_000;

/** What stands before or after a place in the text. */
const NOTHING = 0;
const WORD = 1;
const OTHER = 2;

/**
 * A regular expression that takes time linear in the text, whatever the expression and the text are: those of JavaScript
 * can take longer than anybody lives. Matches whole texts, as TraceQL does.
 *
 * It is an automaton whose states are sets of places in the expression, made when a text first needs them.
 *
 * @see Russ Cox, Regular Expression Matching Can Be Simple And Fast, https://swtch.com/~rsc/regexp/regexp1.html
 */
export class Pattern {
  readonly #steps: Step[] = [];
  readonly #first: number;
  #states = new Map<string, State>();
  #remembered = 0;

  /** @throws {PatternError} for what cannot be read, or is too large. */
  constructor(source: string) {
    const match = this.#add({ is: 'match' });
    this.#first = this.#compile(parsePattern(source), match);
  }

  /** Whether all of the text is meant. */
  matches(text: string): boolean {
    let state = this.#stateOf([this.#first], NOTHING);
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) as number;
      at += code > 0xffff ? 2 : 1;
      state = state.after.get(code) ?? this.#next(state, code);
      if (state.places.length === 0) return false;
    }
    state.accepts ??= this.#reached(state, NOTHING).some((place) => this.#steps[place]?.is === 'match');
    return state.accepts;
  }

  #next(state: State, code: number): State {
    const kind = isOfWord(code) ? WORD : OTHER;
    const places: number[] = [];
    for (const place of this.#reached(state, kind)) {
      const step = this.#steps[place] as Step;
      if (step.is === 'character' && step.test(code)) places.push(step.next);
    }
    const next = this.#stateOf(places, kind);
    this.#remember();
    state.after.set(code, next);
    return next;
  }

  #stateOf(places: readonly number[], before: number): State {
    const sorted = Int32Array.from(new Set(places)).sort();
    const key = `${before} ${sorted}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { places: sorted, before, after: new Map(), accepts: undefined };
      this.#remember();
      this.#states.set(key, state);
    }
    return state;
  }

  #remember(): void {
    if (++this.#remembered <= MAX_REMEMBERED) return;
    this.#remembered = 0;
    for (const { after } of this.#states.values()) after.clear();
    this.#states.clear();
  }

  /** The places that are reached without reading, given what comes next. */
  #reached({ places, before }: State, after: number): number[] {
    const seen = new Uint8Array(this.#steps.length);
    const reached: number[] = [];
    const open = [...places];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (seen[place] === 1) continue;
      seen[place] = 1;
      const step = this.#steps[place] as Step;
      if (step.is === 'fork') open.push(...step.next);
      else if (step.is !== 'place') reached.push(place);
      else if (isAt(step.place, before, after)) open.push(step.next);
    }
    return reached;
  }

  /** Adds the steps of a node before the step that comes next, and returns the first. */
  #compile(node: PatternNode, next: number): number {
    switch (node.is) {
      case 'character':
        return this.#add({ is: 'character', test: node.test, next });
      case 'place':
        return this.#add({ is: 'place', place: node.place, next });
      case 'sequence':
        return node.items.reduceRight((after, item) => this.#compile(item, after), next);
      case 'choice':
        return this.#add({ is: 'fork', next: node.items.map((item) => this.#compile(item, next)) });
      case 'repeat': {
        let first = next;
        if (node.most === Number.POSITIVE_INFINITY) {
          const ways = [next];
          first = this.#add({ is: 'fork', next: ways });
          ways.push(this.#compile(node.item, first));
        } else {
          for (let more = node.least; more < node.most; more++)
            first = this.#add({ is: 'fork', next: [next, this.#compile(node.item, first)] });
        }
        for (let times = 0; times < node.least; times++) {
          const before = this.#compile(node.item, first);
          // What is empty once is empty a million times.
          if (before === first) break;
          first = before;
        }
        return first;
      }
    }
  }

  #add(step: Step): number {
    if (this.#steps.length === MAX_STEPS) throw new PatternError('Expected a smaller regular expression.');
    return this.#steps.push(step) - 1;
  }
}

type Step =
  | { readonly is: 'character'; readonly test: CharacterTest; readonly next: number }
  | { readonly is: 'place'; readonly place: Extract<PatternNode, { is: 'place' }>['place']; readonly next: number }
  | { readonly is: 'fork'; readonly next: readonly number[] }
  | { readonly is: 'match' };

type State = {
  readonly places: Int32Array;
  readonly before: number;
  readonly after: Map<number, State>;
  accepts: boolean | undefined;
};

function isAt(place: Extract<PatternNode, { is: 'place' }>['place'], before: number, after: number): boolean {
  if (place === 'start') return before === NOTHING;
  if (place === 'end') return after === NOTHING;
  return ((before === WORD) !== (after === WORD)) === (place === 'word edge');
}
