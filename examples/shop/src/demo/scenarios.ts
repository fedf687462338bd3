import type { SpanKindName } from './trace.ts';

/** A kind of request that the load generator sends, and the trace that it must leave. */
export type Scenario = {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly tree: ExpectedSpan;
  /** The trace if its products were in the cache. */
  readonly cachedTree?: ExpectedSpan;
  /** Every status the shop may answer with, and the services whose SERVER span is an error then. */
  readonly outcomes: Readonly<Record<number, readonly string[]>>;
};

/** A span that must be there, with exactly these children. */
export type ExpectedSpan = {
  readonly service: string;
  readonly kind: SpanKindName;
  readonly name: string;
  readonly children: readonly ExpectedSpan[];
};

/** A span that may be there besides: what a query waited for a connection, where it did. */
export const OPTIONAL_SPAN = 'pool.connect';

/** The service that the load generator calls, where every trace begins. */
export const ENTRANCE = 'gateway';

const searchTree = (...queries: readonly string[]): ExpectedSpan =>
  span(ENTRANCE, 'SERVER', 'GET /search', [
    span(ENTRANCE, 'CLIENT', 'GET', [
      span(
        'search',
        'SERVER',
        'GET /products',
        queries.map((query) => span('search', 'CLIENT', query)),
      ),
    ]),
  ]);

const checkoutTree = span(ENTRANCE, 'SERVER', 'POST /checkout', [
  span(ENTRANCE, 'CLIENT', 'POST', [
    span('checkout', 'SERVER', 'POST /orders', [
      span('checkout', 'CLIENT', 'POST', [
        span('inventory', 'SERVER', 'POST /products/:id/reservations', [span('inventory', 'CLIENT', 'UPDATE product')]),
      ]),
      span('checkout', 'CLIENT', 'POST', [
        span('payment', 'SERVER', 'POST /payments', [
          span('payment', 'INTERNAL', 'check fraud'),
          span('payment', 'INTERNAL', 'charge card'),
        ]),
      ]),
      span('checkout', 'PRODUCER', 'publish notifications', [
        span('notification', 'CONSUMER', 'process notifications', [
          span('notification', 'CLIENT', 'INSERT notification'),
          span('notification', 'INTERNAL', 'send mail'),
        ]),
      ]),
    ]),
  ]),
]);

/** Search by name. */
export const search: Scenario = {
  name: 'search',
  method: 'GET',
  path: '/search?text=Tea',
  tree: searchTree('GET', 'SELECT product', 'SET'),
  cachedTree: searchTree('GET'),
  outcomes: { 200: [] },
};

const COUNTS = Array<string>(10).fill('SELECT sale');

/** Search by popularity, which takes the bad query. */
export const popular: Scenario = {
  name: 'popular search',
  method: 'GET',
  path: '/search?text=Tea&sort=popularity',
  tree: searchTree('GET', 'SELECT product', 'SET', ...COUNTS),
  cachedTree: searchTree('GET', ...COUNTS),
  outcomes: { 200: [] },
};

/** An order, through all of the services but search, and the notification, which may fail without the client knowing. */
export const checkout: Scenario = {
  name: 'checkout',
  method: 'POST',
  path: '/checkout',
  body: { productId: 7, cents: 1250 },
  tree: checkoutTree,
  outcomes: { 201: [], 502: ['checkout', 'gateway', 'payment'] },
};

/** Every scenario by its name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [search, popular, checkout].map((scenario) => [scenario.name, scenario]),
);

function span(service: string, kind: SpanKindName, name: string, children: readonly ExpectedSpan[] = []): ExpectedSpan {
  return { service, kind, name, children };
}
