import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeJaegerJson, encodeOtlpJson, encodeOtlpProtobuf, encodeZipkinJson } from '@throughline/analysis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTraces, TraceSourceError } from '../src/index.ts';
import { shopSpans, TRACE_ID } from './spans.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'readers-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const otlp = JSON.stringify(encodeOtlpJson(shopSpans));

describe('A file of spans', () => {
  it.each<[string, string | Uint8Array]>([
    ['OTLP JSON', otlp],
    ['JSON lines', `${otlp}\n${JSON.stringify({ resourceLogs: [] })}\n`],
    ['OTLP protobuf', encodeOtlpProtobuf(shopSpans)],
    ['Jaeger JSON', JSON.stringify(encodeJaegerJson(shopSpans))],
    ['Zipkin JSON', JSON.stringify(encodeZipkinJson(shopSpans))],
    ['OTLP JSON in gzip', gzipSync(otlp)],
  ])('is read as %s', async (format, content) => {
    const source = await openTraces(file(format, content));
    expect((await source.getTrace(TRACE_ID))?.map(({ name, status }) => [name, status])).toEqual([
      ['POST /checkout', 'error'],
      ['POST', 'unset'],
      ['POST /pay', 'error'],
    ]);
    expect(await source.services()).toEqual(['payment', 'web']);
    await source.close();
  });

  it('that is none names itself and what was expected', async () => {
    const path = file('notes.txt', '{"a": 1}');
    const error = await openTraces(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TraceSourceError);
    expect(error).toMatchObject({ endpoint: path });
    expect(`${error}`).toContain(`Cannot read ${JSON.stringify(path)}: Expected spans as OTLP JSON or protobuf`);
    await expect(openTraces(file('broken.gz', gzipSync(otlp).subarray(0, 50)))).rejects.toThrow(
      /Cannot read .*also as .gz; .*unexpected end of file/,
    );
  });

  it('that is missing, or a directory, names the remedy', async () => {
    await expect(openTraces(join(directory, 'missing.json'))).rejects.toThrow('there is no such file. Give the path');
    await expect(openTraces(directory)).rejects.toThrow('it is a directory. Give the path of a file in it');
  });
});
