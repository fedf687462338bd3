import { type BrokenServer, replace } from './server-mutation.ts';

const INVALID_ID = 'an invalid correlation ID is replaced and never reflected';

/** Adapters that are wrong about correlation. */
export const correlationDefects: readonly BrokenServer[] = [
  {
    defect: 'reflects any correlation ID',
    rejectedBy: INVALID_ID,
    inside(request, response, next) {
      const id = request.headers['x-request-id'];
      if (id !== undefined) response.setHeader('x-request-id', Buffer.from(String(id)).toString('latin1'));
      next();
    },
  },
  {
    defect: 'records a correlation ID that it does not accept',
    rejectedBy: INVALID_ID,
    options: (options) => ({
      ...options,
      onStart: (span, request) => span.setAttribute('kit.id', String(request.headers['x-request-id'])),
    }),
  },
  {
    defect: 'accepts ids of any length',
    rejectedBy: INVALID_ID,
    options: (options) => ({ ...options, correlation: { valid: /^[\w.-]+$/ } }),
  },
  {
    defect: 'keeps the correlation ID to itself',
    rejectedBy: 'a correlation ID that came is on the span and in the response',
    outside(_request, response, next) {
      // What stands in front of `writeHead` gets headers as the application gave them: the ID is set.
      replace(response, 'writeHead', (write, ...args) => write(...args));
      replace(response, 'setHeader', (set, name, value) => (name === 'x-request-id' ? response : set(name, value)));
      next();
    },
  },
  {
    defect: 'reads one correlation header only',
    rejectedBy: 'a correlation ID that came is on the span and in the response',
    options: (options) => ({ ...options, correlation: { headers: ['x-request-id'] } }),
  },
  {
    defect: 'tells the time instead of drawing ids',
    rejectedBy: 'a request without a correlation ID gets one of 128 random bits',
    options: (options) => ({ ...options, correlation: { generate: () => `req-${process.hrtime.bigint()}` } }),
  },
  {
    defect: 'takes the last of repeated ids',
    rejectedBy: 'of repeated correlation headers the first valid one counts',
    outside(request, _response, next) {
      request.headers['x-request-id'] = String(request.headers['x-request-id']).split(', ').reverse().join(', ');
      next();
    },
  },
  {
    defect: 'has correlation options that do nothing',
    rejectedBy: 'the application chooses the headers, what is valid, and how ids are made',
    options: ({ correlation: _, ...options }) => options,
  },
];
