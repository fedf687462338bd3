import { lstat, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { errorMessage, suppressTracing } from '@throughline/core';
import type { OtlpDelivery } from './otlp-delivery.ts';
import type { SpanSink } from './span-sink.ts';
import { MAX_SPOOL_BYTES, MAX_SPOOL_FILES, readSpool, SPOOL_NAME } from './spool-file.ts';

/** Exports what processes before this one have left in a directory, in the background and once; each file goes when that is done. */
export class SpoolResend implements SpanSink {
  recovered = 0;
  readonly #folder: string;
  readonly #delivery: OtlpDelivery;
  readonly #work: Promise<void>;
  #stopped = false;

  constructor(folder: string, delivery: OtlpDelivery) {
    this.#folder = folder;
    this.#delivery = delivery;
    this.#work = context.with(suppressTracing(ROOT_CONTEXT), () => this.#resendAll());
  }

  forceFlush(): Promise<void> {
    return this.#work;
  }

  shutdown(): Promise<void> {
    return this.#work;
  }

  discard(): void {
    this.#stopped = true;
  }

  async #resendAll(): Promise<void> {
    try {
      await this.#reclaim();
      const names = (await readdir(this.#folder)).filter((name) => SPOOL_NAME.test(name));
      for (const name of names.slice(0, MAX_SPOOL_FILES)) {
        if (!this.#stopped) await this.#resend(join(this.#folder, name)).catch(warn);
      }
    } catch (thrown) {
      // Before the first crash there is no directory.
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') warn(thrown);
    }
  }

  // What a process had taken that died before it was done. In a container all have the same id: what is ours is not of this life.
  async #reclaim(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, original, owner] = CLAIMED.exec(name) ?? [];
      if (original === undefined || (Number(owner) !== process.pid && isAlive(Number(owner)))) continue;
      await rename(join(this.#folder, name), join(this.#folder, original));
    }
  }

  async #resend(path: string): Promise<void> {
    const claimed = `${path}.${process.pid}`;
    try {
      await this.#check(path);
      // Of several processes that start at once, one gets the file.
      await rename(path, claimed);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
      return;
    }
    const requests = readSpool(await readFile(claimed));
    if (requests === undefined) {
      await rm(claimed);
      diag.warn('[sdk] A file with spans of an earlier process was damaged, and removed.');
      return;
    }
    for (const { spans, body } of requests) {
      const failure = await this.#delivery.deliver(body);
      if (failure === undefined) {
        this.recovered += spans;
        continue;
      }
      diag.warn(
        `[sdk] Spans of an earlier process could not be exported: ${failure.message}. The next start tries again.`,
      );
      await rename(claimed, path);
      this.#stopped = true;
      return;
    }
    await rm(claimed);
  }

  // In a directory that others can write to there may be anything.
  async #check(path: string): Promise<void> {
    const { size, uid, isFile } = await lstat(path).then((stats) => ({ ...stats, isFile: stats.isFile() }));
    const isOwn = process.getuid === undefined || uid === process.getuid();
    if (!isFile || !isOwn || size > MAX_SPOOL_BYTES) throw new Error(`${path} is not a file of ours`);
  }
}

const CLAIMED = /^(throughline-[0-9a-f]{16}\.spool)\.(\d{1,10})$/;

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function warn(thrown: unknown): void {
  diag.warn(`[sdk] Spans of an earlier process could not be read: ${errorMessage(thrown)}.`);
}
