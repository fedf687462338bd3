const MAX_ROUTES = 500;
const MAX_LENGTH = 256;

/**
 * What all rules say of a route, asked once for each: a service has few. Of routes beyond the first 500, and of long ones,
 * as somebody may invent them, they are asked every time.
 */
export class KnownRoutes {
  readonly #rules: readonly ((route: string | undefined) => boolean)[];
  readonly #known = new Map<string, readonly boolean[]>();
  /** The answers where no route is known. */
  readonly #none: readonly boolean[];

  /** @param rules say whether they mean a route */
  constructor(rules: readonly ((route: string | undefined) => boolean)[]) {
    this.#rules = rules;
    this.#none = rules.map((means) => means(undefined));
  }

  /** The answers of the rules, in their order. */
  answers(route: string | undefined): readonly boolean[] {
    return route === undefined ? this.#none : (this.#known.get(route) ?? this.#ask(route));
  }

  #ask(route: string): readonly boolean[] {
    const answers = this.#rules.map((means) => means(route));
    if (route.length <= MAX_LENGTH && this.#known.size < MAX_ROUTES) this.#known.set(route, answers);
    return answers;
  }
}
