import { activeExchange } from '@throughline/core/http-server';
import { atEnd, type BrokenServer, onAttribute, onRoute, replace } from './server-mutation.ts';

const NAMED = 'the span is named by method and route template, and no parameter value gets in';

/** Adapters that are wrong about name and route. */
export const routeDefects: readonly BrokenServer[] = [
  {
    defect: 'names spans by the raw path',
    rejectedBy: NAMED,
    span(span, { options }) {
      replace(span, 'updateName', (rename) => rename(`GET ${options.attributes?.['url.path']}`));
    },
  },
  {
    defect: 'forgets the route attribute',
    rejectedBy: NAMED,
    span: (span) => onAttribute(span, (name, value) => (name === 'http.route' ? undefined : value)),
  },
  {
    defect: 'names the route as its router knows it, without the mount prefix',
    rejectedBy: 'the route of a mounted router has the mount prefix',
    span: (span) => onRoute(span, (route) => route.replace(/^\/(api|v\d)/, '')),
  },
  {
    defect: 'names a mount by the value of its parameter',
    rejectedBy: 'the route of a router under a parameter has the parameter, not its value',
    span: (span) => onRoute(span, (route) => route.replace(':tenant', 'acme')),
  },
  {
    defect: 'names all versions of a router by the first',
    rejectedBy: 'two routers with the same routes are told apart',
    span: (span) => onRoute(span, (route) => route.replace('/v2', '/v1')),
  },
  {
    defect: 'gives the path of a 404 as its route',
    rejectedBy: 'a path that no route matches has no route',
    inside: atEnd((response) => {
      if (response.statusCode === 404) activeExchange()?.setRoute(response.req.url ?? '');
    }),
  },
  {
    defect: 'tells of a 404 with the whole target',
    rejectedBy: 'a path that no route matches is no failure, and its query is redacted wherever it is told',
    inside: atEnd((response) => {
      if (response.statusCode === 404) activeExchange()?.recordFailure(new Error(`Cannot GET ${response.req.url}`));
    }),
  },
  {
    defect: 'names a 404 in a mounted router by the mount',
    rejectedBy: 'a path that no route of a mounted router matches has no route',
    inside: atEnd((response) => {
      if (response.statusCode === 404 && response.req.url?.startsWith('/api')) activeExchange()?.setRoute('/api');
    }),
  },
  {
    defect: 'drops the route of a handler that failed',
    rejectedBy: 'the route of a handler that throws is kept',
    span: (span, { name }) => {
      replace(span, 'recordException', (record, ...exception) => {
        record(...exception);
        replace(span, 'updateName', (rename) => rename(name));
      });
    },
  },
];
