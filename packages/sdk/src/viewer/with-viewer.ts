import { readKeepOptions } from '@throughline/sampling';
import { doneWithin } from '../deadline.ts';
import type { Pipeline } from '../pipeline.ts';
import { isSampler, type Sampling } from '../sampler.ts';
import type { ViewerLink } from './viewer-link.ts';

/** What is left of the time of a flush where the viewer takes part in it. */
export const PIPELINE_SHARE = 0.3;
const START_SHARE = 0.6;
const LINKS_SHARE = 0.1;
const SLOW_MS = 1000;

/** How long a request has to take for its link to be printed: as long as for its trace to be kept, else a second. */
export function slowMsOf(sampling: Sampling | undefined): number {
  if (sampling === undefined || isSampler(sampling) || sampling.keep === undefined) return SLOW_MS;
  const { slowerThan } = readKeepOptions(sampling.keep);
  return typeof slowerThan === 'number' ? slowerThan : SLOW_MS;
}

/** The end of a pipeline whose spans go to a viewer that may be starting yet, and links that are to be printed after them. */
export function withViewer(
  { tracerProvider, flush, flushFinally, shutdown }: Omit<Pipeline, 'counts'>,
  counts: Pipeline['counts'],
  { links, ready }: ViewerLink,
  timeoutMs: number,
): Omit<Pipeline, 'counts'> {
  links.flushBy(flush);
  let started = false;
  void ready.then(() => {
    started = true;
  });
  const before = async (): Promise<void> => {
    if (!started && counts().pending > 0) await doneWithin(timeoutMs * START_SHARE, ready);
  };
  const finish = async (work: () => Promise<void>): Promise<void> => {
    await before();
    await work();
    if (links.pending > 0) await doneWithin(timeoutMs * LINKS_SHARE, links.finish());
  };
  return {
    tracerProvider,
    async flush() {
      await before();
      await flush();
    },
    flushFinally: () => finish(flushFinally),
    shutdown: () => finish(shutdown),
  };
}
