export type { Runner, Scenario, Skips, Verdict } from './contract.ts';
export { checkHttpClient, clientScenarios, clientThemes, httpClientContract } from './http-client-contract.ts';
export type {
  ClientRequestInit,
  ClientResponse,
  ClientSubject,
  ClientSubjectOptions,
  TracedClient,
} from './http-client-subject.ts';
export {
  type CheckOptions,
  checkHttpServer,
  http2ServerContract,
  httpServerContract,
  serverScenarios,
  serverThemes,
} from './http-server-contract.ts';
export type {
  KitAnswer,
  KitExchange,
  KitHandler,
  KitMiddleware,
  KitRoute,
  KitUpgrade,
  RunningServer,
  ServerSetup,
  ServerSubject,
  ServerSubjectOptions,
} from './http-server-subject.ts';
export { checkMessages, messageContract, messageScenarios, messageThemes } from './message-contract.ts';
export type {
  KitDelivery,
  KitMessage,
  KitMessageHandler,
  MessageSubject,
  MessageSubjectOptions,
  TracedMessaging,
} from './message-subject.ts';
export { http2Scenarios } from './scenarios/http2.ts';
export { type RecordedSpan, type RecorderOptions, recordSpans, type SpanRecorder } from './span-recorder.ts';
