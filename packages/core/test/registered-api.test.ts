import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context as apiContext,
  propagation as apiPropagation,
  type Context,
  type ContextManager,
  createContextKey,
  ROOT_CONTEXT,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { context, propagation } from '../src/context/registered-api.ts';

const KEY = createContextKey('test');

class Manager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (active, run, thisArg, ...args) =>
    this.#storage.run(active, () => run.call(thisArg, ...args));
  bind: ContextManager['bind'] = (_context, target) => target;
  enable = (): this => this;
  disable = (): this => this;
}

function propagatorOf(value: string): TextMapPropagator {
  return { inject() {}, extract: (active) => active.setValue(KEY, value), fields: () => [] };
}

const getter = { keys: () => [], get: () => undefined };

afterEach(() => {
  apiContext.disable();
  apiPropagation.disable();
});

describe('what is registered with the API', () => {
  it('is the root context, and nothing extracted, as long as nothing is registered', () => {
    expect(context.active()).toBe(ROOT_CONTEXT);
    expect(context.with(ROOT_CONTEXT.setValue(KEY, 1), () => context.active())).toBe(ROOT_CONTEXT);
    expect(propagation.extract(ROOT_CONTEXT, {}, getter)).toBe(ROOT_CONTEXT);
  });

  it('is found when it is registered later, and again when another one is registered after it', () => {
    for (const round of ['first', 'second']) {
      apiContext.setGlobalContextManager(new Manager());
      apiPropagation.setGlobalPropagator(propagatorOf(round));
      const inside = ROOT_CONTEXT.setValue(KEY, round);
      const run = function (this: string, ...args: number[]) {
        return [this, args, context.active(), apiContext.active()];
      };
      expect(context.with(inside, run, 'self', 1, 2)).toEqual(['self', [1, 2], inside, inside]);
      expect(apiContext.with(inside, () => context.active())).toBe(inside);
      expect(propagation.extract(ROOT_CONTEXT, {}, getter).getValue(KEY)).toBe(round);
      apiContext.disable();
      apiPropagation.disable();
      expect(context.active()).toBe(ROOT_CONTEXT);
      expect(context.with(inside, () => context.active())).toBe(ROOT_CONTEXT);
      expect(propagation.extract(ROOT_CONTEXT, {}, getter)).toBe(ROOT_CONTEXT);
    }
  });
});
