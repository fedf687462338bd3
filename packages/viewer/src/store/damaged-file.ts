import { open } from 'node:fs/promises';

/** The file of the viewer has lost a part of what was in it. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/**
 * Whether an error of the database says that its file is not as it was written; `file` is left out of it, as its name may say
 * anything. Errors about what was asked do not count, whatever they quote.
 */
export function isDamage(error: unknown, file: string): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined) return isDamage(error.cause, file);
  const text = error.message.replaceAll(file, '');
  if (!/^(?:IO|FATAL|INTERNAL|Serialization) Error/i.test(text) || /version number|set lock|no space left/i.test(text))
    return false;
  return /not a valid DuckDB|corrupt|checksum|deserializ|could not read enough bytes/i.test(text);
}

/** Whether a file was one of DuckDB before it was damaged; others are not ours to move. */
export async function isDatabase(file: string): Promise<boolean> {
  const opened = await open(file, 'r').catch(() => undefined);
  if (opened === undefined) return false;
  try {
    const { buffer } = await opened.read(Buffer.alloc(4), 0, 4, 8);
    return buffer.toString('latin1') === 'DUCK';
  } finally {
    await opened.close();
  }
}
