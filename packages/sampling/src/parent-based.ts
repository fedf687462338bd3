import {
  type Attributes,
  type Context,
  diag,
  type SpanKind,
  TraceFlags,
  type TraceState,
  trace,
} from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { Candidate, type Described } from './candidate.ts';
import { ChangedTraceState } from './changed-trace-state.ts';
import { agreeWithFlag, readRandomness, writeThreshold } from './ot-trace-state.ts';
import { NOT_RECORD, RECORD, RECORD_AND_SAMPLED, type Sampler, type SamplingResult } from './sampler.ts';
import { type Share, shareOf } from './share.ts';
import { NEVER, passes, textPasses } from './threshold.ts';
import type { TraceId } from './trace-id.ts';

const SAMPLED: SamplingResult = Object.freeze({ decision: RECORD_AND_SAMPLED });
const RECORDED: SamplingResult = Object.freeze({ decision: RECORD });
const DROPPED: SamplingResult = Object.freeze({ decision: NOT_RECORD });

/**
 * The policy all samplers share. A span with a parent, local or remote, is sampled if the parent is, and keeps what
 * `tracestate` says of the share unless that contradicts the flag. A span without one is sampled if the randomness of its
 * trace is not below the threshold of the share that `choose` gives it; `tracestate` then says so.
 */
export class ParentBasedSampler implements Sampler {
  readonly #choose: (candidate: Candidate) => Share;
  readonly #unsampled: SamplingResult;
  readonly #otherwise: Share;
  readonly #description: string;
  #reported = false;

  /**
   * With `record`, spans that are not sampled are recorded all the same, for a processor that may keep them yet. `ratio`
   * is for traces about which `choose` throws, as code of the user in it may; that is reported once.
   */
  constructor(description: string, record: boolean, ratio: number, choose: (candidate: Candidate) => Share) {
    this.#choose = choose;
    this.#otherwise = shareOf(ratio);
    this.#unsampled = record ? RECORDED : DROPPED;
    this.#description = description;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    // The SDK gives the span a trace id of its own where the parent is none or not valid.
    if (parent !== undefined && parent.traceId === traceId) {
      return this.shouldSampleChild(traceId, parent.traceFlags, parent.traceState);
    }
    const share = this.#chooseSafely(new Candidate(name, kind, { attributes }, context));
    // A context without valid ids may still bring the randomness for a new trace.
    const traceState = parent?.traceState;
    if (traceState !== undefined) return this.#decide(share, traceId, traceState);
    return textPasses(traceId, share.threshold) ? share.kept : this.#unsampled;
  }

  /** The same for a span without a parent, whose trace id nobody has made a text of. */
  shouldSampleRoot(context: Context, traceId: TraceId, name: string, kind: SpanKind, start: Described): SamplingResult {
    const share = this.#chooseSafely(new Candidate(name, kind, start, context));
    const traceState = trace.getSpanContext(context)?.traceState;
    if (traceState !== undefined) return this.#decide(share, traceId.text, traceState);
    return passes(traceId, share.threshold) ? share.kept : this.#unsampled;
  }

  /** The same for a span with a parent, of whose ids nobody need have made a text. */
  shouldSampleChild(
    traceId: string | TraceId,
    parentFlags: number,
    traceState: TraceState | undefined,
  ): SamplingResult {
    const sampled = (parentFlags & TraceFlags.SAMPLED) !== 0;
    const result = sampled ? SAMPLED : this.#unsampled;
    const ot = traceState?.get('ot');
    if (traceState === undefined || ot === undefined) return result;
    const agreed = agreeWithFlag(ot, typeof traceId === 'string' ? traceId : traceId.text, sampled);
    return agreed === ot
      ? result
      : { decision: result.decision, traceState: new ChangedTraceState(traceState, agreed) };
  }

  toString(): string {
    return this.#description;
  }

  #chooseSafely(candidate: Candidate): Share {
    try {
      return this.#choose(candidate);
    } catch (thrown) {
      if (!this.#reported) {
        this.#reported = true;
        const text = `[sampling] A rule failed, and the default ratio is used: ${errorMessage(thrown)}`;
        diag.error(`${text}. This is reported once.`);
      }
      return this.#otherwise;
    }
  }

  #decide(share: Share, traceId: string, traceState: TraceState): SamplingResult {
    const ot = traceState.get('ot');
    const keep = readRandomness(ot, traceId) >= share.threshold;
    const { decision } = keep ? share.kept : this.#unsampled;
    return {
      decision,
      traceState: new ChangedTraceState(traceState, writeThreshold(ot ?? '', keep ? share.threshold : NEVER)),
    };
  }
}
