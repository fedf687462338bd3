import { AlwaysOnSampler } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteWriter } from '../../src/recorder/byte-writer.ts';
import type { RecordedSpan } from '../../src/recorder/recorded-span.ts';
import { RecorderProvider } from '../../src/recorder/recorder-provider.ts';
import { writeSpan } from '../../src/recorder/span-writer.ts';
import { DEFAULT_LIMITS } from './recorder.ts';
import { type Program, program, runPrograms } from './span-programs.ts';

const PLENTY = 65_536;

it('wherever its memory has to grow, the same is written', () => {
  const seed = Date.now();
  console.info(`seed ${seed}`);
  fc.assert(
    fc.property(program, (only) => {
      const spans = spansOf([only, only]); // what the second has too is copied
      const written = bytesOf(spans, PLENTY);
      expect(written.length).toBeLessThan(PLENTY);
      for (let initialBytes = 1; initialBytes <= written.length; initialBytes += 1) {
        const grown = bytesOf(spans, initialBytes);
        if (!grown.equals(written)) expect(grown, `from ${initialBytes} bytes on`).toEqual(written);
      }
    }),
    { seed, numRuns: 20 },
  );
});

function bytesOf(spans: RecordedSpan[], initialBytes: number): Buffer {
  const writer = new ByteWriter(initialBytes);
  for (const span of spans) writeSpan(writer, span);
  return writer.copy();
}

function spansOf(programs: Program[]): RecordedSpan[] {
  const spans: RecordedSpan[] = [];
  const provider = new RecorderProvider({
    sampler: new AlwaysOnSampler(),
    limits: DEFAULT_LIMITS,
    onEnd: (span) => void spans.push(span),
  });
  runPrograms(provider.getTracer('programs'), programs);
  return spans;
}
