import {
  context as apiContext,
  propagation as apiPropagation,
  type Context,
  type ContextManager,
  createContextKey,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api';

/**
 * What is registered with the API. The API looks it up anew at every call, by a symbol on the global object and with a check of
 * versions, which a request pays for several times. The object that it finds is the same one as long as the process lives,
 * so here it is looked up once; what is registered in it is read each time.
 */
type Registry = { readonly context?: ContextManager; readonly propagation?: TextMapPropagator };

// https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/global-utils.ts
const REGISTRY = Symbol.for('opentelemetry.js.api.1');
const PROBE = ROOT_CONTEXT.setValue(createContextKey('throughline.probe'), true);

let registry: Registry | undefined;
let isRefused = false;

/** The registered managers by the shortest way, `undefined` where only the API knows the way. */
function registered(): Registry | undefined {
  if (registry !== undefined || isRefused) return registry;
  const found = (globalThis as { [REGISTRY]?: Registry })[REGISTRY];
  if (found?.context === undefined) return undefined;
  // The API does without what an incompatible version of it has registered.
  if (found.context.with(PROBE, () => apiContext.active()) === PROBE) registry = found;
  else isRefused = true;
  return registry;
}

/** As `context` of the API. */
export const context = {
  active(): Context {
    const manager = registered()?.context;
    return manager === undefined ? apiContext.active() : manager.active();
  },

  with<Args extends unknown[], Run extends (...args: Args) => ReturnType<Run>>(
    active: Context,
    run: Run,
    thisArg?: ThisParameterType<Run>,
    ...args: Args
  ): ReturnType<Run> {
    const manager = registered()?.context;
    return manager === undefined
      ? apiContext.with(active, run, thisArg, ...args)
      : manager.with(active, run, thisArg, ...args);
  },
};

/** As `propagation` of the API. */
export const propagation = {
  inject(active: Context, headers: Record<string, unknown>): void {
    const propagator = registered()?.propagation;
    if (propagator === undefined) apiPropagation.inject(active, headers);
    else propagator.inject(active, headers, defaultTextMapSetter);
  },

  extract<Carrier>(active: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const propagator = registered()?.propagation;
    return propagator === undefined
      ? apiPropagation.extract(active, carrier, getter)
      : propagator.extract(active, carrier, getter);
  },
};
