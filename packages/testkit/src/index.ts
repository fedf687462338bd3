export { type RecordedSpan, recordSpans, type SpanRecorder } from './span-recorder.ts';
