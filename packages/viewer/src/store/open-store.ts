import { openTraces } from '@throughline/readers';
import { NoDatabaseError } from './duckdb-database.ts';
import { createMemoryStore } from './memory-store.ts';
import { openMendedStore } from './mended-store.ts';
import { createSourceStore } from './source-store.ts';
import type { TraceStore } from './trace-store.ts';

/** Where and how much to keep, as the options of the viewer say. */
export type StoreSettings = {
  readonly source: string | undefined;
  readonly sourceHeaders: Readonly<Record<string, string>> | undefined;
  readonly file: string | undefined;
  readonly maxBytes: number | undefined;
  readonly maxAgeDays: number | undefined;
};

/**
 * Opens the store: another source of traces, the file, if there is to be one and the platform can, or memory. What a person
 * should know goes to `log`.
 *
 * @throws {Error} if the file cannot be used, with why and what to do.
 */
export async function openStore(
  { source, sourceHeaders: headers = {}, file, maxBytes, maxAgeDays = 30 }: StoreSettings,
  log: (message: string) => void,
): Promise<TraceStore> {
  const limits = maxBytes === undefined ? {} : { maxBytes };
  if (source !== undefined) return createSourceStore(await openTraces(source, { headers }));
  if (file === undefined) return createMemoryStore(limits);
  try {
    const options = { file, maxBytes: maxBytes ?? 2 ** 31, maxAge: maxAgeDays * 86_400_000 };
    return await openMendedStore(options, log);
  } catch (error) {
    if (!(error instanceof NoDatabaseError)) throw error;
    return createMemoryStore({ ...limits, note: `${error.message} Until then traces are in memory only.` });
  }
}
