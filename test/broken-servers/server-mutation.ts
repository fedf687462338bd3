import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { type TracingOptions, tracedListener } from '@throughline/core';
import type { KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';
import { handle, listen, listenOverHttp2 } from '../node-http-subject.ts';

type Step = (...exchange: [...Parameters<RequestListener>, next: () => void]) => void;
type SpanStart = { name: string; options: SpanOptions; parent: Context };

/** What makes the reference server a broken one. Each member changes one place and leaves everything else alone. */
export type ServerMutation = {
  /** Changes the options that reach the adapter. */
  readonly options?: (options: TracingOptions) => TracingOptions;
  /** Changes what a span is started with. */
  readonly start?: (start: SpanStart) => void;
  /** Changes a span just after its start, such as by replacing a method of it. */
  readonly span?: (span: Span, start: SpanStart) => void;
  /** Runs around the adapter. */
  readonly outside?: Step;
  /** Runs between the adapter and the application. */
  readonly inside?: Step;
  /** Runs once, before the server starts. */
  readonly prepare?: (setup: ServerSetup) => void;
  /** Changes how a route is run. */
  readonly route?: (route: KitRoute) => KitRoute;
};

/** A server adapter with one defect, and the title of the scenario that is about it. */
export type BrokenServer = ServerMutation & { readonly defect: string; readonly rejectedBy: string };

/** Starts the reference server on bare `node:http` with a mutation. */
export function startMutant(mutation: ServerMutation, setup: ServerSetup): Promise<RunningServer> {
  return listen(mutantListener(mutation, setup), setup.upgrade);
}

/** Starts the reference server on bare `node:http2` with a mutation. */
export function startMutantOverHttp2(mutation: ServerMutation, setup: ServerSetup): Promise<RunningServer> {
  return listenOverHttp2(mutantListener(mutation, setup));
}

function mutantListener(mutation: ServerMutation, setup: ServerSetup): RequestListener {
  const { options = same, inside = pass, outside = pass, route = same, prepare } = mutation;
  prepare?.(setup);
  const application: ServerSetup = { ...setup, routes: setup.routes.map(route) };
  const mutated = { tracerProvider: mutateSpans(mutation), ...options(setup.options) };
  let listener: RequestListener = (request, response) => handle(application, request, response);
  for (let n = 0; n < setup.installations; n += 1) {
    const wrapped = listener;
    const traced = tracedListener(
      (request, response) => inside(request, response, () => wrapped(request, response)),
      mutated,
    );
    listener = (request, response) => outside(request, response, () => traced(request, response));
  }
  return listener;
}

/** Takes a method out of the hands of the adapter: it is Node's alone again. */
export function release<Target extends IncomingMessage | ServerResponse>(target: Target, method: keyof Target): void {
  delete target[method];
}

type Method = (...args: unknown[]) => unknown;

/** Puts a function in front of a method of one object; it gets the original first. */
export function replace(target: object, name: string, by: (original: Method, ...args: unknown[]) => unknown): void {
  const original = (target as Record<string, Method>)[name]?.bind(target) as Method;
  Object.assign(target, { [name]: (...args: unknown[]) => by(original, ...args) });
}

/** Changes attributes on their way to a span; `undefined` drops one. */
export function onAttribute(span: Span, change: (name: string, value: unknown) => unknown): void {
  replace(span, 'setAttribute', (set, name, value) => {
    const changed = change(String(name), value);
    return changed === undefined ? span : set(name, changed);
  });
  replace(span, 'setAttributes', (_set, attributes) => {
    for (const [name, value] of Object.entries(attributes as Attributes)) span.setAttribute(name, value as string);
    return span;
  });
}

/** Changes the route on its way to a span. */
export function onRoute(span: Span, change: (route: string) => string): void {
  onAttribute(span, (name, value) => (name === 'http.route' ? change(String(value)) : value));
  replace(span, 'updateName', (rename, name) => {
    const [method, route] = String(name).split(' ');
    return rename(route === undefined ? method : `${method} ${change(route)}`);
  });
}

/** A step that does something when the response is complete, before the adapter learns of it. */
export function atEnd(act: (response: ServerResponse) => void): Step {
  return (_request, response, next) => {
    response.prependListener('finish', () => act(response));
    next();
  };
}

/** Replaces the context manager that the recorder has registered; the recorder removes it as if it were its own. */
export function useContextManager(manager: ContextManager): void {
  context.disable();
  context.setGlobalContextManager(manager);
}

function mutateSpans({ start, span: change }: ServerMutation): TracerProvider {
  return {
    getTracer(name, version): Tracer {
      const tracer = trace.getTracer(name, version);
      return {
        startActiveSpan: tracer.startActiveSpan.bind(tracer),
        startSpan(name: string, options: SpanOptions = {}, parent?: Context) {
          const started = { name, options, parent: parent as Context };
          start?.(started);
          const span = tracer.startSpan(started.name, started.options, started.parent);
          change?.(span, started);
          return span;
        },
      };
    },
  };
}

function same<Value>(value: Value): Value {
  return value;
}

const pass: Step = (_request, _response, next) => next();
