import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { exchangeOf } from '@throughline/core/node-http';
import { type BrokenServer, onAttribute, release, replace } from './server-mutation.ts';

const NAMED = 'the span is named by method and route template, and no parameter value gets in';

/** Adapters that are wrong about end. */
export const endingDefects: readonly BrokenServer[] = [
  {
    defect: 'never ends a span',
    rejectedBy: NAMED,
    span: (span) => replace(span, 'end', () => {}),
  },
  {
    defect: 'ends with the response headers',
    rejectedBy: 'the span of a stream lasts until its last byte and knows the time to its first',
    inside(_request, response, next) {
      replace(response, 'writeHead', (write, ...head) => {
        const written = write(...head);
        exchangeOf(response)?.span.end();
        return written;
      });
      next();
    },
  },
  {
    defect: 'does not notice the first byte',
    rejectedBy: 'the span of a stream lasts until its last byte and knows the time to its first',
    inside(_request, response, next) {
      release(response, 'writeHead');
      next();
    },
  },
  {
    defect: 'takes an event stream for slow work',
    rejectedBy: 'a stream of server-sent events is marked as long-lived',
    span: (span) => onAttribute(span, (name, value) => (name === 'throughline.long_lived' ? undefined : value)),
  },
  {
    defect: 'takes a client that left in the middle of a stream for a success',
    rejectedBy: 'a client that leaves in the middle of a stream is no success, with the status code that was sent',
    span(span) {
      onAttribute(span, (name, value) => (name === 'error.type' ? undefined : value));
      replace(span, 'setStatus', () => span);
    },
  },
  {
    defect: 'records the status code of a response that was never sent',
    rejectedBy: 'a client that leaves while the handler hangs ends the span, without a status code',
    options: (options) => ({
      ...options,
      onEnd: (span, _request, response) => span.setAttribute('http.response.status_code', response.statusCode),
    }),
  },
  {
    defect: 'ends only what was sent in full',
    rejectedBy: 'a client that leaves while the handler hangs ends the span, without a status code',
    inside(_request, response, next) {
      const span = trace.getActiveSpan() as Span;
      replace(span, 'end', (end) => response.writableFinished && end());
      next();
    },
  },
  {
    defect: 'blames the client for whatever was broken off',
    rejectedBy: 'a server that destroys the connection is told apart from a client that leaves',
    span: (span) =>
      onAttribute(span, (name, value) =>
        name === 'error.type' && value === 'server_aborted' ? 'client_aborted' : value,
      ),
  },
  {
    defect: 'takes what was ended after it was destroyed for sent',
    rejectedBy: 'what is answered after the server has destroyed the response is no success',
    inside(_request, response, next) {
      const span = trace.getActiveSpan() as Span;
      onAttribute(span, (name, value) =>
        name === 'error.type' && response.headersSent === false && response.writableEnded ? undefined : value,
      );
      replace(span, 'setStatus', (set, status) => (response.writableEnded ? span : set(status)));
      next();
    },
  },
  {
    defect: 'makes another span when an answer comes too late',
    rejectedBy: 'a handler that answers after its client has left adds nothing',
    inside(_request, response, next) {
      const gone = { client: false };
      response.on('close', () => {
        gone.client = true;
      });
      replace(response, 'end', (end, ...rest) => {
        if (gone.client) trace.getTracer('late').startSpan('GET /work', { kind: SpanKind.SERVER }, ROOT_CONTEXT).end();
        return end(...rest);
      });
      next();
    },
  },
  {
    defect: 'forgets a pipelined request whose turn never came',
    rejectedBy: 'a pipelined request whose client leaves before its turn ends its span too',
    inside(_request, response, next) {
      const isQueued = response.socket === null;
      replace(trace.getActiveSpan() as Span, 'end', (end) => (!isQueued || response.writableFinished) && end());
      next();
    },
  },
  {
    defect: 'forgets a pipelined request that was read before its turn',
    rejectedBy: 'a pipelined request that was read before its turn ends its span when its client leaves, too',
    inside(request, response, next) {
      replace(trace.getActiveSpan() as Span, 'end', (end) => {
        if (response.socket !== null || response.writableFinished || !request.readableEnded) end();
      });
      next();
    },
  },
  {
    defect: 'forgets a pipelined request whose connection is upgraded before its turn',
    rejectedBy: 'a pipelined request whose connection is upgraded before its turn ends its span when that closes',
    inside(request, response, next) {
      const isQueued = response.socket === null;
      replace(trace.getActiveSpan() as Span, 'end', (end) => (!isQueued || request.destroyed) && end());
      next();
    },
  },
  {
    defect: 'takes a client that left a stream of events for an error',
    rejectedBy: 'a client that leaves a stream of server-sent events is no error',
    options: (options) => ({
      ...options,
      onEnd(span, _request, response) {
        if (!response.writableFinished) span.setStatus({ code: SpanStatusCode.ERROR });
      },
    }),
  },
];
