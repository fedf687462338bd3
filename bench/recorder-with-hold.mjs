// A recorder as `startTracing` makes it, whose spans go into a hold and nowhere else.
import { readKeepOptions, ruleSampler, TailHold } from '@throughline/sampling';
import { recordedSpanAccess } from '../packages/sdk/dist/recorder/recorded-span-access.js';
import { RecorderProvider } from '../packages/sdk/dist/recorder/recorder-provider.js';
import { SpanRing } from '../packages/sdk/dist/recorder/span-ring.js';
import { spanLimits } from './span-limits.mjs';

/** @typedef {import('@throughline/sampling').KeepOptions} KeepOptions */
/** @typedef {InstanceType<typeof TailHold>} Hold */

const nothing = { onStart() {}, onEnd() {} };

/** A tracer that records every span and samples none. @param {Hold | undefined} hold */
export function tracerWith(hold) {
  const provider = new RecorderProvider({
    sampler: ruleSampler({ ratio: 0, record: true }),
    limits: spanLimits,
    onStart: (span) => hold?.onStart(span),
    onEnd: (span) => hold?.onEnd(span),
  });
  return provider.getTracer('bench');
}

/** The hold of `startTracing`, which keeps spans as bytes. @param {KeepOptions} options */
export function holdOfBytes(options) {
  return holdOn(new SpanRing(readKeepOptions(options).maxBytes, { addWritten() {} }), options);
}

/** A hold that keeps spans as objects. @param {KeepOptions} options */
export function holdOfObjects(options) {
  return new TailHold(readKeepOptions(options), recordedSpanAccess, nothing);
}

/** A hold whose spans are kept by this shelf. @param {any} shelf @param {KeepOptions} options */
export function holdOn(shelf, options) {
  return new TailHold(readKeepOptions(options), recordedSpanAccess, nothing, shelf);
}
