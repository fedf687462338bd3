import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@throughline/core';
import type { ViewerTarget } from './viewer-target.ts';

const PROGRAM = '@throughline/viewer';
const MAX_BYTES = 1_048_576;
const TIMEOUT_MS = 2000;

/** Asks a viewer, in a way that neither keeps the process alive nor leaves spans. */
export class ViewerConnection {
  readonly #target: ViewerTarget;

  constructor(target: ViewerTarget) {
    this.#target = target;
  }

  /** Whether a viewer answers, and not something else at its port. */
  async isViewer(): Promise<boolean> {
    const status = await this.#ask('status');
    return isObject(status) && status.program === PROGRAM;
  }

  /** Those of the traces that can be looked at by now. */
  async present(traceIds: readonly string[]): Promise<Set<string>> {
    const answer = await this.#ask(`summaries?ids=${traceIds.join(',')}`);
    const traces = isObject(answer) && Array.isArray(answer.traces) ? answer.traces : [];
    return new Set(traces.map((trace: unknown) => (isObject(trace) ? String(trace.traceId) : '')));
  }

  /** The JSON at an address of the viewer's API, or `undefined`. Never rejects. */
  #ask(path: string): Promise<unknown> {
    return context.with(suppressTracing(ROOT_CONTEXT), () => ask(this.#target, path));
  }
}

function ask({ origin, token }: ViewerTarget, path: string): Promise<unknown> {
  const url = new URL(`/api/viewer/${path}`, origin);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? httpsGet : httpGet)(url, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) request.destroy();
      });
      response.on('end', () => resolve(response.statusCode === 200 ? parsed(text) : undefined));
    });
    const timer = setTimeout(() => request.destroy(), TIMEOUT_MS).unref();
    request.on('socket', (socket) => socket.unref());
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
