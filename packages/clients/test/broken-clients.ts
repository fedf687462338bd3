import {
  type Attributes,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { FetchOptions } from '@throughline/clients/fetch';
import type { ClientSubject, TracedClient } from '@throughline/testkit';
import { createFetchClient } from './fetch-subject.ts';

/** A traced client with one defect, and the scenario that has to find it. */
export type BrokenClient = { readonly rejectedBy: string; readonly create: ClientSubject['create'] };

const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Every defect by what the client does wrong. */
export const brokenClients: Readonly<Record<string, BrokenClient>> = {
  'has no parent': {
    rejectedBy: 'a call is a child of the active span, and the service is told the id of the CLIENT span, once',
    create: (options) =>
      createFetchClient({
        ...options,
        tracerProvider: tracerWith((tracer, name, spanOptions) => tracer.startSpan(name, spanOptions, ROOT_CONTEXT)),
      }),
  },
  'makes an INTERNAL span': {
    rejectedBy: 'a call is a child of the active span, and the service is told the id of the CLIENT span, once',
    create: (options) =>
      createFetchClient({
        ...options,
        tracerProvider: tracerWith((tracer, name, spanOptions, parent) =>
          tracer.startSpan(name, { ...spanOptions, kind: SpanKind.INTERNAL }, parent),
        ),
      }),
  },
  "sends the parent's id": {
    rejectedBy: 'a call is a child of the active span, and the service is told the id of the CLIENT span, once',
    create: (options) => {
      const client = createFetchClient({ ...options, propagate: () => false });
      return around(client, (send, method, url, init) => {
        const headers = { ...init?.headers };
        propagation.inject(context.active(), headers);
        return send(method, url, { ...init, headers });
      });
    },
  },
  'sends its header twice': {
    rejectedBy: 'a call outside of any span starts a trace',
    create: (options) =>
      createFetchClient(
        onTheWire(options, (headers) => headers.append('traceparent', headers.get('traceparent') ?? '')),
      ),
  },
  "changes the caller's headers": {
    rejectedBy: 'the trace context that the caller has set is replaced, and its headers object stays as it was',
    create: (options) =>
      around(createFetchClient(options), (send, method, url, init) => {
        if (init?.headers !== undefined) delete init.headers.tracestate;
        return send(method, url, init);
      }),
  },
  "keeps the caller's trace context": {
    rejectedBy: 'the trace context that the caller has set is replaced, and its headers object stays as it was',
    create: (options) => createFetchClient({ ...options, propagate: () => false }),
  },
  'sends a stale tracestate along': {
    rejectedBy: 'the trace context that the caller has set is replaced, and its headers object stays as it was',
    create: (options) => createFetchClient(onTheWire(options, (headers) => headers.set('tracestate', 'stale=1'))),
  },
  'takes the context of whoever called last': {
    rejectedBy: 'calls made at the same time do not mix',
    create(options) {
      let last = ROOT_CONTEXT;
      return around(createFetchClient(options), async (send, method, url, init) => {
        last = context.active();
        await Promise.resolve();
        return context.with(last, () => send(method, url, init));
      });
    },
  },
  'sends headers where `propagate` says no': {
    rejectedBy: 'nothing is sent where `propagate` says no, and the span is made',
    create: (options) => createFetchClient({ ...options, propagate: () => true }),
  },
  'sends everything where `propagate` allows a part': {
    rejectedBy: '`propagate` may allow baggage alone',
    create: ({ propagate, ...options }) =>
      createFetchClient({ ...options, propagate: (url) => Boolean(propagate?.(url)) }),
  },
  'sends headers where `propagate` throws': {
    rejectedBy: 'nothing is sent where `propagate` throws',
    create: ({ propagate: _, ...options }) => createFetchClient(options),
  },
  'sends no baggage': {
    rejectedBy: 'the baggage and the correlation ID of the active context are sent',
    create: (options) => createFetchClient({ ...options, propagate: () => ({ trace: true, correlation: true }) }),
  },
  "replaces the caller's correlation ID": {
    rejectedBy: 'the correlation ID that the caller has set stays',
    create: (options) => createFetchClient(onTheWire(options, (headers) => headers.set('x-request-id', 'request-1'))),
  },
  'traces where tracing is suppressed': {
    rejectedBy: 'a call where tracing is suppressed has no span and sends nothing',
    create: (options) =>
      around(createFetchClient(options), (send, method, url, init) =>
        context.with(context.active().deleteValue(SUPPRESS_TRACING), () => send(method, url, init)),
      ),
  },
  'forgets that the request is ignored': {
    rejectedBy: 'a call of an ignored request has no span and tells the service not to sample',
    create: (options) =>
      around(createFetchClient(options), (send, method, url, init) =>
        context.with(ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true), () => send(method, url, init)),
      ),
  },
  'names the span by its path': {
    rejectedBy: 'the span tells method, URL, server and status',
    create: (options) =>
      createFetchClient({ ...options, onStart: (span, url) => span.updateName(`GET ${url.pathname}`) }),
  },
  'takes any method for a name': {
    rejectedBy: 'a method that HTTP does not know is `_OTHER`, in a span named HTTP',
    create: (options) => createFetchClient({ ...options, onStart: (span) => span.updateName('PROPFIND') }),
  },
  'records signed parameters': {
    rejectedBy: 'credentials and signatures in the URL are redacted, and sent',
    create: (options) =>
      createFetchClient({ ...options, onStart: (span, url) => span.setAttribute('url.full', url.href) }),
  },
  'records user and password': {
    rejectedBy: 'user and password in the URL are redacted, also where the client refuses them',
    create: (options) =>
      createFetchClient({ ...options, onStart: (span, url) => span.setAttribute('url.full', url.href) }),
  },
  'records the authorization header': {
    rejectedBy: 'listed headers are on the span, credentials never',
    create: (options) =>
      createFetchClient({
        ...options,
        onStart: (span) => span.setAttribute('http.request.header.authorization', ['secret']),
      }),
  },
  'calls no hooks': {
    rejectedBy: 'the hooks see the span at its start and before its end',
    create: ({ onStart: _start, onEnd: _end, ...options }) => createFetchClient(options),
  },
  'fails with a hook': {
    rejectedBy: 'hooks that throw or reject change nothing',
    create: ({ onStart, ...options }) =>
      around(createFetchClient(options), async (send, method, url, init) => {
        onStart?.(trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }), new URL(url));
        return send(method, url, init);
      }),
  },
  'takes a 404 for a success': {
    rejectedBy: 'a 404 is an error of that type, without an exception',
    create: (options) => createFetchClient({ isError: (statusCode) => statusCode >= 500, ...options }),
  },
  'has statuses of its own for errors': {
    rejectedBy: 'the application decides which statuses are errors',
    create: ({ isError: _, ...options }) => createFetchClient(options),
  },
  'swallows what the client throws': {
    rejectedBy: 'a refused connection is an error of type ECONNREFUSED, recorded once',
    create: (options) =>
      around(createFetchClient(options), (send, ...args) =>
        send(...args).catch(() => ({ status: 0, header: () => undefined, body: '' })),
      ),
  },
  'wraps what the client throws': {
    rejectedBy: 'a refused connection is an error of type ECONNREFUSED, recorded once',
    create: (options) =>
      around(createFetchClient(options), (send, ...args) =>
        send(...args).catch((cause) => Promise.reject(new Error('the call failed', { cause }))),
      ),
  },
  'records no exception': {
    rejectedBy: 'a refused connection is an error of type ECONNREFUSED, recorded once',
    create: (options) => createFetchClient({ ...options, tracerProvider: spanWith({ recordException: () => {} }) }),
  },
  'takes a broken body for a success': {
    rejectedBy: 'a connection that breaks within the body is an error, besides the status',
    create: (options) => createFetchClient(outsideOfTheCall(options)),
  },
  'takes a call given up for an error': {
    rejectedBy: 'a call given up before the headers is marked, and no error',
    create: (options) =>
      createFetchClient({ ...options, onEnd: (span) => span.setStatus({ code: SpanStatusCode.ERROR }) }),
  },
  'does not mark a call given up': {
    rejectedBy: 'a call given up before the headers, with a reason, is marked, and no error',
    create: (options) => createFetchClient({ ...options, tracerProvider: withoutAttribute('throughline.cancelled') }),
  },
  'takes a timeout for a call given up': {
    rejectedBy: 'a timeout before the headers is an error',
    create: (options) =>
      createFetchClient({ ...options, onEnd: (span) => span.setAttribute('throughline.cancelled', true) }),
  },
  'leaves spans open': {
    rejectedBy: 'the span tells method, URL, server and status',
    create: (options) => createFetchClient({ ...options, tracerProvider: spanWith({ end: () => {} }) }),
  },
  'leaves the spans of unread bodies open': {
    rejectedBy: 'the span of a response whose large body nobody reads ends, as of its headers',
    create: (options) =>
      createFetchClient({
        ...options,
        tracerProvider: spanWith({
          end(span, at) {
            if (at === undefined) span.end();
          },
        }),
      }),
  },
  'ends a span as late as it likes': {
    rejectedBy: 'the span of a response whose large body nobody reads ends, as of its headers',
    create: (options) => createFetchClient({ ...options, tracerProvider: spanWith({ end: (span) => span.end() }) }),
  },
  'ends with the headers': {
    rejectedBy: 'the span lasts until the body is complete, and says when the headers came',
    create: (options) => createFetchClient(outsideOfTheCall(options)),
  },
  'ends hooks twice': {
    rejectedBy: 'every span that starts ends, once, whatever becomes of the call',
    create: ({ onEnd, ...options }) =>
      createFetchClient({
        ...options,
        onEnd(span, url) {
          onEnd?.(span, url);
          onEnd?.(span, url);
        },
      }),
  },
  'changes the body': {
    rejectedBy: 'a body of a megabyte goes both ways intact',
    create: (options) =>
      around(createFetchClient(options), async (send, ...args) => {
        const response = await send(...args);
        return { ...response, body: response.body.slice(1) };
      }),
  },
  'counts no redirects': {
    rejectedBy: 'a redirect is part of the call, and counted',
    create: (options) =>
      createFetchClient({ ...options, tracerProvider: withoutAttribute('http.request.resend_count') }),
  },
};

type Send = TracedClient['request'];

function around(
  client: TracedClient,
  request: (send: Send, ...args: Parameters<Send>) => ReturnType<Send>,
): TracedClient {
  return { ...client, request: (...args) => request(client.request, ...args) };
}

function onTheWire(options: FetchOptions, change: (headers: Headers) => void): FetchOptions {
  return {
    ...options,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      change(headers);
      return fetch(input, { ...init, headers });
    },
  };
}

function outsideOfTheCall(options: FetchOptions): FetchOptions {
  return { ...options, fetch: (...args) => context.with(ROOT_CONTEXT, () => fetch(...args)) };
}

type StartSpan = (tracer: Tracer, ...args: Parameters<Tracer['startSpan']>) => Span;

function tracerWith(startSpan: StartSpan): TracerProvider {
  return {
    getTracer(name, version) {
      const tracer = trace.getTracer(name, version);
      return {
        startSpan: (...args) => startSpan(tracer, ...args),
        startActiveSpan: tracer.startActiveSpan,
      };
    },
  };
}

/** What replaces methods of the span; each gets the real span first. */
type SpanChanges = {
  end?: (span: Span, at?: Parameters<Span['end']>[0]) => void;
  recordException?: (span: Span) => void;
  setAttribute?: (span: Span, ...args: Parameters<Span['setAttribute']>) => void;
  setAttributes?: (span: Span, attributes: Attributes) => void;
};

function spanWith(changes: SpanChanges): TracerProvider {
  return tracerWith((tracer, name, options, parent) => {
    const span = tracer.startSpan(name, options, parent);
    return new Proxy(span, {
      get(target, name) {
        const change = changes[name as keyof SpanChanges] as ((span: Span, ...args: unknown[]) => void) | undefined;
        if (change !== undefined) return (...args: unknown[]) => change(target, ...args);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  });
}

function withoutAttribute(dropped: string): TracerProvider {
  return spanWith({
    setAttribute(span, name, value) {
      if (name !== dropped) span.setAttribute(name, value);
    },
    setAttributes(span, { [dropped]: _, ...attributes }) {
      span.setAttributes(attributes);
    },
  });
}
