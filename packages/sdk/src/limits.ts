import type { SpanLimits } from '@opentelemetry/sdk-trace-node';
import { readNumber } from './environment.ts';

/** How finished spans are gathered for export. */
export type BatchLimits = {
  /** How many spans may wait; those that end while it is full are dropped and counted. */
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  /** How long a span waits for its batch to fill, at most. */
  readonly scheduledDelayMs: number;
  /** How long the exporter may take for a batch before the next one is given to it. */
  readonly exportTimeoutMs: number;
};

/** What is kept is few and awaited by somebody, so it does not wait long for others. */
const KEPT_DELAY_MS = 200;
const DELAY_MS = 5000;

/**
 * How finished spans are gathered, as `OTEL_BSP_*` say; `keeps` where a tail hold chooses them. Throws for a value that is no number or contradicts another.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor
 */
export function readBatchLimits(keeps: boolean): BatchLimits {
  const maxQueueSize = readNumber('OTEL_BSP_MAX_QUEUE_SIZE', { min: 1 }) ?? 2048;
  const batchSize = readNumber('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', { min: 1 });
  if (batchSize !== undefined && batchSize > maxQueueSize) {
    throw new RangeError(
      `[sdk] The environment variable OTEL_BSP_MAX_EXPORT_BATCH_SIZE is ${batchSize}, more than the queue holds ` +
        `(${maxQueueSize}). Raise OTEL_BSP_MAX_QUEUE_SIZE, or lower it.`,
    );
  }
  return {
    maxQueueSize,
    maxExportBatchSize: batchSize ?? Math.min(512, maxQueueSize),
    // Node takes no longer timers, and fires them at once.
    scheduledDelayMs:
      readNumber('OTEL_BSP_SCHEDULE_DELAY', { min: 0, max: 2 ** 31 - 1 }) ?? (keeps ? KEPT_DELAY_MS : DELAY_MS),
    exportTimeoutMs: readNumber('OTEL_BSP_EXPORT_TIMEOUT', { min: 1, max: 2 ** 31 - 1 }) ?? 30_000,
  };
}

/**
 * How much a span may hold, as `OTEL_*_LIMIT` say. Throws for a value that is no number.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#span-limits
 */
export function readSpanLimits(): Required<SpanLimits> {
  const read = (...names: string[]): number => readNumber(names, { min: 0 }) ?? 128;
  const lengthLimits = ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'];
  return {
    attributeValueLengthLimit: readNumber(lengthLimits, { min: 0 }) ?? Number.POSITIVE_INFINITY,
    attributeCountLimit: read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    eventCountLimit: read('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: read('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit: read('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit: read('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  };
}
