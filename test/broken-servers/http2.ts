import { type Span, trace } from '@opentelemetry/api';
import { type BrokenServer, onAttribute, replace } from './server-mutation.ts';

/** Adapters that are wrong about streams of HTTP/2. */
export const http2Defects: readonly BrokenServer[] = [
  {
    defect: 'takes what was ended over HTTP/2 for sent',
    rejectedBy: 'a client that cancels what was handed over whole and is not read yet over HTTP/2 is no success',
    inside(_request, response, next) {
      const span = trace.getActiveSpan() as Span;
      onAttribute(span, (name, value) => (name === 'error.type' && response.writableEnded ? undefined : value));
      replace(span, 'setStatus', (set, status) => (response.writableEnded ? span : set(status)));
      next();
    },
  },
  {
    defect: 'blames the client for whatever was broken off over HTTP/2',
    rejectedBy: 'a server that destroys what was handed over whole and is not read yet over HTTP/2 is no success',
    span: (span) => onAttribute(span, (_name, value) => (value === 'server_aborted' ? 'client_aborted' : value)),
  },
  {
    defect: 'waits for Node to say that the answer to HEAD over HTTP/2 has closed',
    rejectedBy: 'a client that cancels a request of HEAD over HTTP/2 ends the span, without a status code',
    inside(_request, response, next) {
      replace(trace.getActiveSpan() as Span, 'end', (end) => response.writableEnded && end());
      next();
    },
  },
  {
    defect: 'takes the error of Node where HEAD is answered with a body over HTTP/2 for one of the exchange',
    rejectedBy: 'a body in answer to HEAD over HTTP/2, which nobody gets, is a success',
    inside({ method }, _response, next) {
      if (method === 'HEAD') trace.getActiveSpan()?.setStatus({ code: 2 });
      next();
    },
  },
  {
    defect: 'takes a connection that its client resets after a goodbye over HTTP/2 for one that the server ends',
    rejectedBy: 'a client that says goodbye and resets the connection over HTTP/2 is no success',
    span: (span) => onAttribute(span, (_name, value) => (value === 'client_aborted' ? 'server_aborted' : value)),
  },
  {
    defect: 'blames the server for a body that its client breaks off over HTTP/2',
    rejectedBy: 'a client that breaks off its body over HTTP/2 is no success',
    span: (span) => onAttribute(span, (_name, value) => (value === 'client_aborted' ? 'server_aborted' : value)),
  },
];
