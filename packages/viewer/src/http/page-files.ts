import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { send } from './send.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves the files of the page that were there when the viewer started, and nothing else. */
export class PageFiles {
  readonly #folder: string;
  readonly #files: ReadonlySet<string>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new Set(filesIn(folder));
  }

  /** Answers with a file, or with the page for addresses within it. */
  async serve(response: ServerResponse, path: string): Promise<void> {
    const file = this.#files.has(path.slice(1)) ? path.slice(1) : extname(path) === '' ? 'index.html' : undefined;
    if (file === undefined)
      return send(response, 404, 'text/plain; charset=utf-8', 'There is nothing at this address.');
    let content: Uint8Array;
    try {
      content = await readFile(join(this.#folder, file));
    } catch {
      return send(response, 404, 'text/plain; charset=utf-8', NO_PAGE);
    }
    response.setHeader('content-security-policy', PAGE_POLICY);
    // The build names what is in there by its content.
    if (file.startsWith('assets/')) response.setHeader('cache-control', 'public, max-age=31536000, immutable');
    send(response, 200, TYPES[extname(file)] ?? 'application/octet-stream', content);
  }
}

const NO_PAGE =
  'The viewer receives traces here and answers its APIs. Its page has not been built: run `npx pnpm build` first.';

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'));
  } catch {
    return [];
  }
}
