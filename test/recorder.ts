import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll } from 'vitest';

/** Records the spans of a test file; a test fails if it leaves a span that it did not take. */
export function useRecorder(): Pick<SpanRecorder, 'take' | 'finished'> {
  let recorder: SpanRecorder;
  beforeAll(async () => {
    recorder = await recordSpans();
  });
  afterEach(() => {
    try {
      recorder.assertEmpty();
    } finally {
      recorder.clear();
    }
  });
  afterAll(() => recorder.stop());
  return {
    take: (...args) => recorder.take(...args),
    finished: () => recorder.finished(),
  };
}
