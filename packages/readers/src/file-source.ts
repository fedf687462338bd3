import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { readSpans, type Span, TraceFormatError } from '@throughline/analysis';
import { spansSource } from './spans-source.ts';
import { type TraceSource, TraceSourceError } from './trace-source.ts';

/** What a file may unpack to. */
const MAX_UNPACKED = 2 ** 30;
const EXPECTED = 'Expected OTLP (JSON, JSON lines or protobuf), Jaeger JSON or Zipkin JSON, also as .gz';

/** Reads a file, or with `-` the standard input, of any format that `readSpans` of @throughline/analysis knows, also gzip. */
export async function openFile(path: string): Promise<TraceSource> {
  const name = path === '-' ? 'standard input' : path;
  return spansSource(spansOf(await bytesOf(path, name), name), name);
}

async function bytesOf(path: string, name: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await standardInput() : await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'there is no such file. Give the path of a file of spans, - for standard input, or an address like jaeger+http://localhost:16686'
        : code === 'EISDIR'
          ? 'it is a directory. Give the path of a file in it'
          : `reading failed: ${error instanceof Error ? error.message : error}`;
    throw new TraceSourceError(name, `[readers] Cannot read ${JSON.stringify(name)}: ${reason}.`, { cause: error });
  }
}

async function standardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function spansOf(bytes: Uint8Array, name: string): Span[] {
  try {
    return readSpans(bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes) : bytes);
  } catch (error) {
    const reason =
      error instanceof TraceFormatError ? error.message.replace('[analysis] ', '') : `${EXPECTED}; ${error}`;
    throw new TraceSourceError(name, `[readers] Cannot read ${JSON.stringify(name)}: ${reason}`, { cause: error });
  }
}

function unpacked(bytes: Uint8Array): Uint8Array {
  return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
}
