import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Spans that were to be exported: an OTLP request, and how many are in it. */
export type SpooledRequest = { readonly spans: number; readonly body: Buffer };

/** So many files of a directory are written and looked at: a service that crashes in a loop must not fill the disk. */
export const MAX_SPOOL_FILES = 16;
export const MAX_SPOOL_BYTES = 8 * 1024 * 1024;
export const SPOOL_NAME = /^throughline-[0-9a-f]{16}\.spool$/;

const MAGIC = Buffer.from('throughline spool 1\n');
const DIGEST_BYTES = 32;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES;

/**
 * Writes requests into a new file, which only its owner can read, and which has its name only when it is whole. Synchronous:
 * the process is about to end. Throws if that is not possible. Returns how many spans did not fit.
 */
export function writeSpoolFile(folder: string, requests: readonly SpooledRequest[]): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = readdirSync(folder).filter((name) => SPOOL_NAME.test(name)).length;
  if (files >= MAX_SPOOL_FILES) throw new Error(`there are ${files} files of earlier crashes already`);
  const parts: Buffer[] = [];
  let bytes = HEAD_BYTES;
  let left = 0;
  for (const { spans, body } of requests) {
    if (bytes + 8 + body.length > MAX_SPOOL_BYTES) {
      left += spans;
      continue;
    }
    const head = Buffer.alloc(8);
    head.writeUInt32LE(spans, 0);
    head.writeUInt32LE(body.length, 4);
    parts.push(head, body);
    bytes += 8 + body.length;
  }
  const content = Buffer.concat(parts);
  const path = join(folder, `throughline-${randomBytes(8).toString('hex')}.spool`);
  const unfinished = `${path}.tmp`;
  // `wx` follows no link that somebody has put there.
  const file = openSync(unfinished, 'wx', 0o600);
  try {
    for (const part of [MAGIC, digestOf(content), content]) writeAll(file, part);
    fsyncSync(file);
    closeSync(file);
    renameSync(unfinished, path);
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw thrown;
  }
  return left;
}

/** The requests in such a file; `undefined` if it is damaged. */
export function readSpool(file: Buffer): SpooledRequest[] | undefined {
  const content = file.subarray(HEAD_BYTES);
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!file.subarray(MAGIC.length, HEAD_BYTES).equals(digestOf(content))) return undefined;
  const requests: SpooledRequest[] = [];
  for (let at = 0; at < content.length; ) {
    if (at + 8 > content.length) return undefined;
    const end = at + 8 + content.readUInt32LE(at + 4);
    if (end > content.length) return undefined;
    requests.push({ spans: content.readUInt32LE(at), body: content.subarray(at + 8, end) });
    at = end;
  }
  return requests;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

function digestOf(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}
