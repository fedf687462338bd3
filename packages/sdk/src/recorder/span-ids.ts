import { randomWord } from '@throughline/core/random-ids';
import { TraceId } from '@throughline/sampling';

/** The id of a new trace: all its bits are random, and they are not all zero. */
export function randomTraceId(): TraceId {
  return new TraceId(undefined, randomWord(), randomWord(), randomWord(), randomWord() || 1);
}
