import { SpanStatusCode } from '@opentelemetry/api';
import { activeExchange } from '@throughline/core/http-server';
import { exchangeOf } from '@throughline/core/node-http';
import { type BrokenServer, onAttribute, replace } from './server-mutation.ts';

/** Adapters that are wrong about status and errors. */
export const failureDefects: readonly BrokenServer[] = [
  {
    defect: 'records an exception twice',
    rejectedBy: 'an error that a handler throws makes the span an error, with the exception recorded once',
    span(span) {
      replace(span, 'recordException', (record, ...exception) => {
        record(...exception);
        record(...exception);
      });
    },
  },
  {
    defect: 'swallows what a handler throws',
    rejectedBy: 'an error that a handler throws makes the span an error, with the exception recorded once',
    span: (span) => replace(span, 'recordException', () => {}),
  },
  {
    defect: 'misses what a handler rejects with later',
    rejectedBy: 'an error that a handler rejects with later makes the span an error, with the exception recorded once',
    inside(_request, _response, next) {
      const exchange = activeExchange();
      next();
      if (exchange !== undefined) process.nextTick(() => Object.assign(exchange, { recordFailure() {} }));
    },
  },
  {
    defect: 'makes an error of every exception, also one that is answered with 404',
    rejectedBy: 'an error that the framework answers with 404 is recorded and leaves the status unset',
    span(span) {
      replace(span, 'recordException', (record, ...exception) => {
        record(...exception);
        span.setStatus({ code: SpanStatusCode.ERROR });
      });
    },
  },
  {
    defect: 'answers with 500 what the framework would answer with 404',
    rejectedBy: 'an error that the framework answers with 404 is recorded and leaves the status unset',
    inside(_request, response, next) {
      replace(response, 'writeHead', (write, _status, ...rest) =>
        write(exchangeOf(response)?.failed ? 500 : 200, ...rest),
      );
      next();
    },
  },
  {
    defect: 'gives the type of an error as the value that was thrown',
    rejectedBy: 'a handler may throw a number',
    span: (span) => onAttribute(span, (name, value) => (name === 'error.type' && value === 'number' ? 42 : value)),
  },
  {
    defect: 'leaves the status of a 5xx unset',
    rejectedBy: 'a 5xx that a handler answers with is an error of that type, without an exception',
    span: (span) => replace(span, 'setStatus', () => span),
  },
  {
    defect: 'gives the status of a response as a number for its error type',
    rejectedBy: 'a 5xx that a handler answers with is an error of that type, without an exception',
    span: (span) => onAttribute(span, (name, value) => (name === 'error.type' ? Number(value) : value)),
  },
  {
    defect: 'counts a 4xx as an error',
    rejectedBy: 'a 4xx that a handler answers with leaves the status unset',
    options: (options) => ({ ...options, isError: (statusCode) => statusCode >= 400 }),
  },
  {
    defect: 'decides by itself which statuses are errors',
    rejectedBy: 'the application decides which statuses are errors',
    options: ({ isError: _, ...options }) => options,
  },
  {
    defect: 'records 200 whatever was sent',
    rejectedBy: 'a path that no route matches has no route',
    span: (span) => onAttribute(span, (name, value) => (name === 'http.response.status_code' ? 200 : value)),
  },
];
