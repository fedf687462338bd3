import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { activeExchange, type Exchange } from '@throughline/core/http-server';
import { exchangeOf } from '@throughline/core/node-http';
import { atEnd, type BrokenServer, replace } from './server-mutation.ts';

const ONCE = 'an exchange is measured once, by route, with its status, duration and sizes';

/** Adapters that are wrong about what they publish for those who count and time. */
export const measurementDefects: readonly BrokenServer[] = [
  {
    defect: 'measures nothing',
    rejectedBy: ONCE,
    inside: onExchange((exchange) => {
      exchange.measured = undefined;
    }),
  },
  {
    defect: 'measures an exchange twice',
    rejectedBy: ONCE,
    inside: atEnd((response) => {
      const { measured, span } = exchangeOf(response) as Exchange;
      channel('throughline:http.server.request.end').publish({ ...measured, route: '/items/:id', span });
    }),
  },
  {
    defect: 'measures no time',
    rejectedBy: ONCE,
    inside: onExchange((exchange) => fix(exchange, 'durationMs', 0)),
  },
  {
    defect: 'measures only what is traced',
    rejectedBy: 'a request that is ignored is measured like any other',
    inside: onExchange((exchange) => {
      if (!exchange.span.isRecording()) exchange.measured = undefined;
    }),
  },
  {
    defect: 'measures by path where no route answers',
    rejectedBy: 'paths that no route answers are measured without one, and unknown methods as `_OTHER`',
    inside: onExchange((exchange, request) => fix(exchange, 'route', request.url)),
  },
  {
    defect: 'forgets what was thrown where nobody traces',
    rejectedBy: 'an exchange that failed is measured with the type of what was thrown, also when nobody traces it',
    inside: onExchange((exchange) => {
      if (!exchange.span.isRecording()) fix(exchange, 'errorType', '500');
    }),
  },
  {
    defect: 'finds whose failure it is by the context alone',
    rejectedBy: 'without a context manager, an exchange that failed is measured with the type of what was thrown',
    inside: onExchange((exchange) =>
      replace(exchange, 'recordFailure', (record, thrown) => {
        if (activeExchange() !== undefined) record(thrown);
      }),
    ),
  },
  {
    defect: 'measures a client that left as a success',
    rejectedBy: 'a client that leaves is measured as such, without a status',
    inside: onExchange((exchange) => fix(exchange, 'errorType', undefined)),
  },
  {
    defect: 'measures the life of an event stream as latency',
    rejectedBy: 'a stream of server-sent events is measured as long-lived, also when its client leaves',
    inside: onExchange((exchange) => fix(exchange, 'isEventStream', false)),
  },
  {
    defect: 'measures every stream as long-lived',
    rejectedBy: 'a stream of another type is measured to its last byte',
    inside: onExchange((exchange) => fix(exchange, 'isEventStream', true)),
  },
];

function onExchange(change: (exchange: Exchange, request: IncomingMessage) => void): BrokenServer['inside'] & object {
  return (request, _response, next) => {
    change(exchangeOf(request) as Exchange, request);
    next();
  };
}

/** Gives a field of an exchange a value that stays, whatever is written to it. */
function fix<Name extends keyof Exchange>(exchange: Exchange, name: Name, value: Exchange[Name]): void {
  Object.defineProperty(exchange, name, { get: () => value, set() {} });
}
