import { SpanKind } from '@opentelemetry/api';
import type { BrokenServer } from './server-mutation.ts';

const NAMED = 'the span is named by method and route template, and no parameter value gets in';

/** Adapters that are wrong about attributes. */
export const attributeDefects: readonly BrokenServer[] = [
  {
    defect: 'makes INTERNAL spans',
    rejectedBy: NAMED,
    start: ({ options }) => {
      options.kind = SpanKind.INTERNAL;
    },
  },
  {
    defect: 'leaves the query in the path',
    rejectedBy: 'the span has the required and recommended attributes of the HTTP conventions',
    start: ({ options: { attributes = {} } }) => {
      if ('url.query' in attributes) attributes['url.path'] = `${attributes['url.path']}?${attributes['url.query']}`;
    },
  },
  {
    defect: 'knows no address of the server',
    rejectedBy: 'the span has the required and recommended attributes of the HTTP conventions',
    start: ({ options: { attributes = {} } }) => {
      delete attributes['server.address'];
    },
  },
  {
    defect: 'leaks the query as it came',
    rejectedBy: 'credentials and signatures in the query are redacted, whatever their case or encoding',
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('url.query', String(request.url?.split('?')[1])),
    }),
  },
  {
    defect: 'does not know the parameters that the application wants redacted',
    rejectedBy: 'credentials and signatures in the query are redacted, whatever their case or encoding',
    options: ({ redactQuery: _, ...options }) => options,
  },
  {
    defect: 'records credentials that the application asked for by mistake',
    rejectedBy: 'headers are recorded only if asked for, and credentials never',
    options: (options) => ({
      ...options,
      onStart: (span, { headers }) =>
        span.setAttribute('http.request.header.authorization', [String(headers.authorization)]),
    }),
  },
  {
    defect: 'records every request header',
    rejectedBy: 'headers are recorded only if asked for, and credentials never',
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('http.request.header.x-other', String(request.headers['x-other'])),
    }),
  },
  {
    defect: 'believes forwarding headers of anyone',
    rejectedBy: 'forwarding headers of a client that is no trusted proxy are not believed',
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('client.address', String(request.headers['x-forwarded-for'])),
    }),
  },
  {
    defect: 'takes any method for a known one',
    rejectedBy: 'a method that the conventions do not know is _OTHER, with the original beside it',
    start: ({ options: { attributes = {} } }) => {
      attributes['http.request.method'] = attributes['http.request.method_original'] ?? 'GET';
    },
  },
  {
    defect: 'never calls the hooks',
    rejectedBy: 'hooks see the span, the request and the response and may add to the span',
    options: ({ onStart: _, onEnd: __, ...options }) => options,
  },
  {
    defect: 'lets a hook that throws break the request',
    rejectedBy: 'a hook that throws changes nothing',
    options: ({ onStart, ...options }) => ({
      ...options,
      onStart(span, request) {
        try {
          onStart?.(span, request);
        } catch {
          request.socket.destroy();
        }
      },
    }),
  },
  {
    defect: 'takes a target in absolute form for a path',
    rejectedBy: 'a target in absolute form is taken apart, and overrules the Host header',
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('url.path', String(request.url?.split('?')[0])),
    }),
  },
  {
    defect: 'records headers of any length',
    rejectedBy: 'a long value in any header costs little time, is not reflected and leaves the next request alone',
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('user_agent.original', String(request.headers['user-agent'])),
    }),
  },
];
