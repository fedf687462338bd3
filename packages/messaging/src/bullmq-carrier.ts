import type { CarrierFields } from '@throughline/core';
import type { JobsOptions } from 'bullmq';

const MAX_LENGTH = 32_768;

/** What travels with a job: BullMQ has one text for it, which is JSON by the custom of `bullmq-otel`. */
export function carriedBy(opts: JobsOptions | undefined): object | undefined {
  const text: unknown = opts?.telemetry?.metadata;
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  try {
    const carried: unknown = JSON.parse(text);
    return typeof carried === 'object' && carried !== null ? carried : undefined;
  } catch {
    return undefined; // of somebody else
  }
}

/** The options of a job with these fields besides what it carries already, in copies. */
export function withFields(
  opts: JobsOptions | undefined,
  carried: object | undefined,
  fields: CarrierFields,
): JobsOptions | undefined {
  const telemetry = opts?.telemetry;
  if (telemetry?.omitContext === true || Object.keys(fields).length === 0) return opts;
  // What is no JSON object is not ours to add to.
  if (telemetry?.metadata !== undefined && carried === undefined) return opts;
  return { ...opts, telemetry: { ...telemetry, metadata: JSON.stringify({ ...carried, ...fields }) } };
}
