export type { Runner, Scenario, Skips, Verdict } from './contract.ts';
export { checkHttpServer, httpServerContract, serverScenarios } from './http-server-contract.ts';
export type {
  KitAnswer,
  KitExchange,
  KitHandler,
  KitMiddleware,
  KitRoute,
  RunningServer,
  ServerSetup,
  ServerSubject,
  ServerSubjectOptions,
} from './http-server-subject.ts';
export { type RecordedSpan, recordSpans, type SpanRecorder } from './span-recorder.ts';
