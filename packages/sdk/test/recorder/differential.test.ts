import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecorderProvider } from '../../src/recorder/recorder-provider.ts';
import { SpanBatch } from '../../src/recorder/span-batch.ts';
import { decodeTraces } from './decode-otlp.ts';
import { type Program, program, runPrograms } from './span-programs.ts';

const limits = {
  attributeCountLimit: 6,
  attributeValueLengthLimit: 40,
  eventCountLimit: 3,
  linkCountLimit: 2,
  attributePerEventCountLimit: 2,
  attributePerLinkCountLimit: 2,
};
const resource = { 'service.name': 'differential', 'process.pid': 42, 'service.tags': ['a', 'b'] };

it('any program of API calls exports the same spans as the SDK', () => {
  const seed = Date.now();
  console.info(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(program, { minLength: 1, maxLength: 4 }), (programs) => {
      expect(normalized(runRecorder(programs))).toEqual(normalized(runSdk(programs)));
    }),
    { seed, numRuns: 1000 },
  );
});

function runRecorder(programs: Program[]): Uint8Array {
  const batch = new SpanBatch(resource);
  const provider = new RecorderProvider({
    sampler: new AlwaysOnSampler(),
    limits,
    onEnd: (span) => batch.add(span),
  });
  runPrograms(provider.getTracer('differential', '1.0'), programs);
  return batch.take();
}

function runSdk(programs: Program[]): Uint8Array {
  const spans: ReadableSpan[] = [];
  const processor: SpanProcessor = {
    onStart() {},
    onEnd: (span) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new NodeTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanLimits: limits,
    resource: resourceFromAttributes(resource),
    spanProcessors: [processor],
  });
  runPrograms(provider.getTracer('differential', '1.0'), programs);
  return ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array;
}

// Ids differ, and so does the flag that says a root's trace id is random.
function normalized(bytes: Uint8Array): unknown {
  const { resourceSpans } = decodeTraces(bytes);
  for (const { scopeSpans } of resourceSpans) {
    for (const { spans } of scopeSpans) {
      for (const span of spans) {
        if (span.parentSpanId.length === 0) {
          span.flags &= ~2;
          span.traceId = 'own';
        }
        span.spanId = 'own';
        // Unset is the default: to leave the status out says the same.
        span.status ??= { code: 0, message: '' };
        sortAttributes(span);
        for (const event of span.events) sortAttributes(event);
        for (const link of span.links) sortAttributes(link);
      }
    }
  }
  return resourceSpans;
}

function sortAttributes(holder: { attributes: { key: string }[] }): void {
  holder.attributes.sort((first, second) => (first.key < second.key ? -1 : 1));
}
