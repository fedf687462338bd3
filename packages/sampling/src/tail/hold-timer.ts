import { context, ROOT_CONTEXT } from '@opentelemetry/api';

/** How often a hold looks at what it holds. */
export const LOOK_EVERY_MS = 250;

/** Calls back four times a second while it runs. It keeps no process alive. */
export class HoldTimer {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param report takes what `look` throws */
  constructor(look: () => void, report: (thrown: unknown) => void) {
    this.#look = () => {
      try {
        look();
      } catch (thrown) {
        report(thrown);
      }
    };
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  start(): void {
    // A timer remembers the context it was made in, and would keep that of a request.
    this.#timer ??= context.with(ROOT_CONTEXT, () => setInterval(this.#look, LOOK_EVERY_MS).unref());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
