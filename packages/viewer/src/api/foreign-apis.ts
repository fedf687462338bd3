import type { TraceStore } from '../store/trace-store.ts';
import type { Answer, Question } from './answer.ts';
import { createJaegerApi, jaegerFailure } from './jaeger-api.ts';
import { failure } from './page-api.ts';
import { createTempoApi } from './tempo-api.ts';
import { createZipkinApi } from './zipkin-api.ts';

type Api = (question: Question) => Promise<Answer>;

/**
 * Answers what tools for Jaeger, Tempo and Zipkin ask: below `/jaeger`, `/tempo` and `/zipkin`, and without that where their
 * addresses differ anyway. A trace at `/api/traces/{id}` is Tempo's for those who want protobuf, and else Jaeger's.
 */
export function createForeignApis(store: TraceStore, log: (message: string) => void): Api {
  const apis = { jaeger: createJaegerApi(store), tempo: createTempoApi(store), zipkin: createZipkinApi(store) };
  return async (question) => {
    const [, named, rest] = /^\/(jaeger|tempo|zipkin)(\/.*)$/s.exec(question.path) ?? [];
    const path = rest ?? question.path;
    const name = (named ?? apiOf(path, question.accept)) as keyof typeof apis;
    try {
      return await apis[name]({ ...question, path });
    } catch (error) {
      const answer = failure(error, log);
      if (name !== 'jaeger') return answer;
      const { message } = JSON.parse(answer.body as string);
      return jaegerFailure(path, answer.status, message);
    }
  };
}

function apiOf(path: string, accept: string): 'jaeger' | 'tempo' | 'zipkin' {
  if (/^\/api\/(?:echo|search|status|v2\/search|v2\/traces\/)/.test(path)) return 'tempo';
  if (path.startsWith('/api/v2/')) return 'zipkin';
  return /^\/api\/traces\/./.test(path) && accept.includes('application/protobuf') ? 'tempo' : 'jaeger';
}
