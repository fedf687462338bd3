import type { StoreStatus } from '../api/messages.ts';
import { DamagedFileError, isDamage } from './damaged-file.ts';
import { type DuckDbStoreOptions, openDuckDbStore } from './duckdb-store.ts';
import { replaceDamaged } from './replace-damaged.ts';
import type { TraceStore } from './trace-store.ts';

/**
 * Opens the file of the viewer. If it turns out to be damaged, now or when something is asked of it, it is moved aside, and
 * a new one goes on with what could be read; `log` is told, and so is who asks for the status.
 */
export async function openMendedStore(
  options: DuckDbStoreOptions,
  log: (message: string) => void,
): Promise<TraceStore> {
  let damage: string | undefined;
  let mending: Promise<void> | undefined;
  let isClosed = false;
  let store = await openDuckDbStore(options).catch(async (error) => {
    if (!(error instanceof DamagedFileError)) throw error;
    await moveAside();
    return openDuckDbStore(options);
  });
  return new Proxy(store, { get: (_, name) => get(name as keyof TraceStore) });

  function get(name: keyof TraceStore) {
    if (name === 'close') return close;
    if (name === 'status') return status;
    if (typeof store[name] !== 'function') return store[name];
    return (...given: never[]) => guarded((of) => (of[name] as (...given: never[]) => Promise<unknown>)(...given));
  }

  async function status(): Promise<StoreStatus> {
    const known = await guarded((of) => of.status());
    return damage === undefined ? known : { ...known, damage };
  }

  async function guarded<T>(ask: (of: TraceStore) => Promise<T>): Promise<T> {
    const asked = store;
    try {
      return await ask(asked);
    } catch (error) {
      if (isClosed || !isDamage(error, options.file)) throw error;
      if (asked === store)
        mending ??= mend().finally(() => {
          mending = undefined;
        });
      await mending;
      return ask(store);
    }
  }

  async function mend(): Promise<void> {
    // What is in its log cannot be written to its place any more; it stays in the log.
    await store.close().catch(() => {});
    await moveAside();
    store = await openDuckDbStore(options);
  }

  async function moveAside(): Promise<void> {
    damage = await replaceDamaged(options.file);
    log(`[viewer] ${damage}`);
  }

  async function close(): Promise<void> {
    isClosed = true;
    await mending;
    await store.close();
  }
}
