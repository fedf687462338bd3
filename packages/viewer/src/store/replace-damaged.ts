import { copyFile, rename, stat, truncate } from 'node:fs/promises';
import { copyRows, TABLES } from './salvage.ts';

/**
 * Moves a damaged file and its log aside, and begins a new one with all that can still be read of it. Returns what became
 * of it, for people. Nothing is deleted.
 */
export async function replaceDamaged(file: string): Promise<string> {
  const aside = `${file}.damaged-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  await rename(file, aside);
  await rename(`${file}.wal`, `${aside}.wal`).catch(() => {});
  const copied = await salvaged(aside, file);
  const spans = copied.get('spans') ?? 0;
  const saved = spans === 0 ? 'Nothing of it could be read.' : `${spans} of its spans could be read, and are here.`;
  return `${file} was damaged. It is now ${aside}. ${saved}`;
}

async function salvaged(from: string, to: string): Promise<Map<string, number>> {
  try {
    return await copyRows(from, to);
  } catch (error) {
    // What its log has after a flaw cannot be told from rubbish; what comes before it can be read.
    const at = /byte position (\d+)/.exec(messageOf(error))?.[1];
    const log = `${from}.wal`;
    if ((await stat(log).catch(() => undefined)) === undefined) return new Map();
    await keepWhole(log, at === undefined ? 0 : Number(at));
    return copyRows(from, to).catch(() => new Map(TABLES.map((table) => [table, 0])));
  }
}

async function keepWhole(log: string, length: number): Promise<void> {
  await copyFile(log, `${log}.whole`);
  await truncate(log, length);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
