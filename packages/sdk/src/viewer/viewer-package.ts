import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is used of `@throughline/viewer/background`. */
type Background = {
  findOrStartViewer(options: { port: number }): Promise<{ url: string; pid: number; isNew: boolean }>;
};

const MODULE = '@throughline/viewer/background';

/**
 * Where the package of the viewer is, seen from here, from the program that runs or from where it was started: this package
 * does not name it, as whoever only exports spans is not to hear of it. Throws if it is not installed.
 */
export function findViewerPackage(): string {
  for (const place of [import.meta.url, process.argv[1], join(process.cwd(), 'index.js')]) {
    try {
      // A CommonJS bundle has no import.meta.url.
      if (place !== undefined) return createRequire(place).resolve(MODULE);
    } catch {
      // The next place may know it.
    }
  }
  throw new Error(
    '[sdk] `viewer: true` needs the package @throughline/viewer, which is not installed. Install it with ' +
      "`npm install -D @throughline/viewer`, or give `viewer` the address of one that runs: 'http://127.0.0.1:4318'.",
  );
}

/** Loads the package. */
export async function loadViewerPackage(path: string): Promise<Background> {
  return (await import(pathToFileURL(path).href)) as Background;
}
