import type { AttributeValue } from '../span.ts';

/** Attributes while they are read. */
export type AttributeBag = { [key: string]: AttributeValue };

/**
 * Makes an object for keys from outside: it inherits nothing, so `__proto__` and `constructor` are keys like others. An
 * instance of a constructor stays in the engine's fast mode, which `Object.create(null)` does not.
 */
export const newBag: () => AttributeBag = /* @__PURE__ */ (() => {
  function Bag() {}
  Bag.prototype = Object.create(null);
  const Constructor = Bag as unknown as new () => AttributeBag;
  return () => new Constructor();
})();
