import { type Context, diag, TraceFlags, trace } from '@opentelemetry/api';
import { consistentSampler, type Sampler, type SamplingResult, type TraceId } from '@throughline/sampling';
import { readChoice, readNumber, readVariable, wrongVariable } from './environment.ts';
import { openTelemetrySdk } from './opentelemetry-sdk.cjs';

const NAMES = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

// `SamplingDecision` of OpenTelemetry's SDK.
const NOT_RECORD = 0;
const RECORD_AND_SAMPLED = 2;

/** The sampler of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. Throws for anything it does not understand. */
export function environmentSampler(): Sampler {
  const name = readChoice('OTEL_TRACES_SAMPLER', NAMES);
  // In capitals, the SDK's own reading of the variable would not find it and claim to sample everything.
  const given = readVariable('OTEL_TRACES_SAMPLER');
  if (given !== name) throw wrongVariable('OTEL_TRACES_SAMPLER', 'in lower case', given ?? '');
  const ratio = ratioOfEnvironment(name);
  if (name === 'always_on') return ALWAYS_ON;
  if (name === 'always_off') return ALWAYS_OFF;
  if (name === 'parentbased_always_off') return new FlagSampler(ALWAYS_OFF);
  if (name === 'parentbased_traceidratio') return consistentSampler({ ratio });
  if (name !== 'traceidratio') return new FlagSampler(ALWAYS_ON);
  const { TraceIdRatioBasedSampler } = openTelemetrySdk();
  return new TraceIdRatioBasedSampler(ratio);
}

/** The same for every span. */
class FixedSampler implements Sampler {
  readonly result: SamplingResult;
  readonly #name: string;

  constructor(result: SamplingResult, name: string) {
    this.result = result;
    this.#name = name;
  }

  shouldSample(): SamplingResult {
    return this.result;
  }

  shouldSampleRoot(): SamplingResult {
    return this.result;
  }

  shouldSampleChild(): SamplingResult {
    return this.result;
  }

  toString(): string {
    return this.#name;
  }
}

/** A span with a parent is sampled if the parent is: every span of every service that sets nothing passes here. */
class FlagSampler implements Sampler {
  readonly #root: FixedSampler;

  constructor(root: FixedSampler) {
    this.#root = root;
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(context);
    // Where the parent is none or not valid, the span has a trace id of its own.
    if (parent === undefined || parent.traceId !== traceId) return this.#root.result;
    return byFlag(parent.traceFlags);
  }

  shouldSampleRoot(): SamplingResult {
    return this.#root.result;
  }

  shouldSampleChild(_traceId: TraceId, parentFlags: number): SamplingResult {
    return byFlag(parentFlags);
  }

  toString(): string {
    return `ParentBased{root=${this.#root}}`;
  }
}

function byFlag(parentFlags: number): SamplingResult {
  return (parentFlags & TraceFlags.SAMPLED) !== 0 ? SAMPLED : DROPPED;
}

const SAMPLED: SamplingResult = { decision: RECORD_AND_SAMPLED };
const DROPPED: SamplingResult = { decision: NOT_RECORD };
const ALWAYS_ON = new FixedSampler(SAMPLED, 'AlwaysOnSampler');
const ALWAYS_OFF = new FixedSampler(DROPPED, 'AlwaysOffSampler');

function ratioOfEnvironment(name: (typeof NAMES)[number] | undefined): number {
  const given = readVariable('OTEL_TRACES_SAMPLER_ARG');
  if (name?.endsWith('traceidratio')) {
    const ratio = readNumber('OTEL_TRACES_SAMPLER_ARG', { min: 0, max: 1, integer: false });
    if (ratio !== undefined) return ratio;
    throw new TypeError(
      `[sdk] The environment variable OTEL_TRACES_SAMPLER is ${name}, which needs OTEL_TRACES_SAMPLER_ARG. Set it to the ` +
        'share of traces to keep, a number from 0 to 1.',
    );
  }
  if (given === undefined) return 1;
  if (name === undefined) {
    throw new TypeError(
      '[sdk] The environment variable OTEL_TRACES_SAMPLER_ARG is set, but OTEL_TRACES_SAMPLER is not. Set the latter to ' +
        'parentbased_traceidratio, or remove the former.',
    );
  }
  diag.warn(`[sdk] OTEL_TRACES_SAMPLER_ARG has no effect with OTEL_TRACES_SAMPLER=${name}.`);
  return 1;
}
