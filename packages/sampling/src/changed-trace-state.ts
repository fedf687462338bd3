import type { TraceState } from '@opentelemetry/api';

/**
 * A `tracestate` with another `ot` member, or with none for an empty text. It is the one it was made from until somebody
 * reads more of it than that: most spans that are not sampled call nobody, and a copy of all members takes ten times as long.
 */
export class ChangedTraceState implements TraceState {
  readonly #from: TraceState;
  readonly #ot: string;
  #made: TraceState | undefined;

  constructor(from: TraceState, ot: string) {
    this.#from = from;
    this.#ot = ot;
  }

  get(key: string): string | undefined {
    return key === 'ot' && this.#ot === '' ? undefined : this.#make().get(key);
  }

  set(key: string, value: string): TraceState {
    return this.#make().set(key, value);
  }

  unset(key: string): TraceState {
    return this.#make().unset(key);
  }

  serialize(): string {
    return this.#make().serialize();
  }

  #make(): TraceState {
    this.#made ??= this.#ot === '' ? this.#from.unset('ot') : this.#from.set('ot', this.#ot);
    return this.#made;
  }
}
