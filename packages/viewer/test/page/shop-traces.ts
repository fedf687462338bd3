import { TraceDraft } from './trace-draft.ts';

type CheckoutOptions = {
  readonly startMs?: number;
  readonly isFailed?: boolean;
  readonly slowness?: number;
  readonly traceId?: string;
};

/** A checkout in a shop: six services, a payment that may be declined, and a price asked for item by item. */
export function checkout({ startMs, isFailed = false, slowness = 1, traceId }: CheckoutOptions = {}): TraceDraft {
  const trace = new TraceDraft(startMs, traceId);
  const failure = isFailed ? ({ status: 'error', statusMessage: 'card declined' } as const) : {};
  const pay = 70 * slowness;
  const root = trace.add(undefined, 'POST /checkout', 0, 96 + pay, {
    service: 'shop',
    ...(isFailed && { status: 'error' as const }),
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/checkout',
      'http.response.status_code': isFailed ? 502 : 200,
      'url.path': '/checkout',
      'client.version': slowness > 2 ? '2.9.0' : '3.1.4',
    },
  });
  const auth = trace.add(root, 'GET /session', 2, 9, { service: 'accounts', kind: 'server' });
  trace.add(auth, 'GET session', 3, 2, { kind: 'client', attributes: { 'db.system.name': 'redis' } });
  const cart = trace.add(root, 'GET /cart', 12, 48, { service: 'cart', kind: 'server' });
  for (let item = 0; item < 12; item++) {
    trace.add(cart, 'SELECT prices', 14 + item * 3.6, 3.1, {
      kind: 'client',
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'catalog',
        'db.query.text': 'SELECT amount FROM prices WHERE item = $1',
      },
    });
  }
  const stock = trace.add(root, 'POST /reservations', 61, 22, { service: 'stock', kind: 'server' });
  trace.add(stock, 'UPDATE items', 64, 14, { kind: 'client', attributes: { 'db.system.name': 'postgresql' } });
  const payment = trace.add(root, 'POST /payments', 85, pay, { service: 'payments', kind: 'server', ...failure });
  trace.add(payment, 'POST', 88, pay - 8, {
    kind: 'client',
    ...failure,
    attributes: {
      'server.address': 'api.bank.example',
      'http.request.method': 'POST',
      'http.response.status_code': 402,
    },
    events: isFailed
      ? [
          {
            name: 'exception',
            timeUnixNano: trace.at(88 + pay - 10),
            attributes: { 'exception.type': 'CardDeclined', 'exception.message': 'The card was declined' },
          },
        ]
      : [],
  });
  trace.add(root, 'orders publish', 87 + pay, 4, { kind: 'producer', attributes: { 'messaging.system': 'kafka' } });
  return trace;
}

/** A page of the shop, as most requests are. */
export function browse(startMs: number, durationMs: number, traceId?: string): TraceDraft {
  const trace = new TraceDraft(startMs, traceId);
  const root = trace.add(undefined, 'GET /products/:id', 0, durationMs, {
    attributes: { 'http.request.method': 'GET', 'http.route': '/products/:id', 'http.response.status_code': 200 },
  });
  trace.add(root, 'SELECT products', durationMs * 0.2, durationMs * 0.6, {
    kind: 'client',
    attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'catalog' },
  });
  return trace;
}

/** A trace with many spans of many names, so that few of them fold. Some fail. */
export function large(spanCount: number): TraceDraft {
  const trace = new TraceDraft();
  const length = spanCount * 0.05;
  const root = trace.add(undefined, 'nightly import', 0, length, { service: 'importer' });
  for (let batch = 0; trace.spans.length < spanCount; batch++) {
    const start = Math.min(length - 3, batch * 0.5);
    const parent = trace.add(root, `batch ${batch}`, start, 3, { service: `worker-${batch % 6}` });
    for (let step = 0; step < 9 && trace.spans.length < spanCount; step++) {
      trace.add(
        parent,
        `step ${step}`,
        start + step * 0.3,
        0.28,
        batch % 997 === 996 && step === 4 ? { status: 'error' } : {},
      );
    }
  }
  return trace;
}
