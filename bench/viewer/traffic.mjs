// Traces as a shop of eight services makes them: sixteen spans each, two of every service, attributes as the conventions
// of OpenTelemetry name them. The same number makes the same trace.

const SERVICES = ['gateway', 'orders', 'cart', 'stock', 'pricing', 'payment', 'mail', 'users'];
const ROUTES = ['GET /', 'GET /products', 'GET /products/:id', 'POST /checkout', 'GET /orders/:id', 'GET /cart'];
const CALLER = [-1, 0, 0, 1, 2, 1, 1, 0]; // by service: whose client span calls it
/** Spans of a trace. */
export const TRACE_SPANS = SERVICES.length * 2;
export const SERVICE_COUNT = SERVICES.length;

const RESOURCES = SERVICES.map((service) => ({
  service,
  attributes: {
    'service.name': service,
    'service.version': '1.4.2',
    'deployment.environment.name': 'production',
    'host.name': `${service}-7d9f8`,
    'telemetry.sdk.language': 'nodejs',
  },
}));
const SCOPE = { name: '@throughline/fastify', version: '1.0.0' };

/** The spans of a trace, those of a service side by side. `start` is in nanoseconds since 1970. */
export function traceSpans(number, start) {
  const random = randomFrom(number);
  const traceId = traceIdOf(number);
  const route = ROUTES[Math.floor(random() * random() * ROUTES.length)];
  const isSlow = random() < 0.01;
  const failing = random() < 0.02 ? 1 + Math.floor(random() * (SERVICES.length - 1)) : -1;
  const user = Math.floor(random() * 1_000_000);
  const spans = [];
  const starts = [];
  let rest = Math.round((2 + 30 * random() * random()) * (isSlow ? 40e6 : 1e6));
  for (const [index, service] of SERVICES.entries()) {
    const caller = CALLER[index];
    const at = caller < 0 ? start : starts[caller] + BigInt(Math.round(rest * 0.05));
    if (index > 0) rest = Math.round(rest * 0.8);
    starts.push(at);
    const isError = index === failing;
    const id = number * TRACE_SPANS + index * 2;
    const status = isError ? 'error' : 'unset';
    const base = { traceId, events: [], links: [], resource: RESOURCES[index], scope: SCOPE, flags: 257 };
    spans.push({
      ...base,
      spanId: spanIdOf(id),
      parentSpanId: caller < 0 ? undefined : spanIdOf(number * TRACE_SPANS + caller * 2 + 1),
      name: index === 0 ? route : `POST /${service}`,
      kind: 'server',
      startUnixNano: at,
      endUnixNano: at + BigInt(rest),
      status,
      statusMessage: isError ? 'upstream answered 503' : undefined,
      attributes: {
        'http.request.method': index === 0 ? route.split(' ')[0] : 'POST',
        'http.route': index === 0 ? route.split(' ')[1] : `/${service}`,
        'http.response.status_code': isError ? 503 : 200,
        'url.path': `/${service}/${user}`,
        'url.scheme': 'https',
        'server.address': `${service}.internal`,
        'user.id': `u${user}`,
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
      },
    });
    spans.push({
      ...base,
      spanId: spanIdOf(id + 1),
      parentSpanId: spanIdOf(id),
      name: `SELECT ${service}`,
      kind: 'client',
      startUnixNano: at + BigInt(Math.round(rest * 0.04)),
      endUnixNano: at + BigInt(Math.round(rest * 0.9)),
      status,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.operation.name': 'SELECT',
        'db.collection.name': service,
        'db.query.text': `SELECT id, name, price FROM ${service} WHERE owner = $1 ORDER BY changed LIMIT 20`,
        'server.address': 'db.internal',
        'server.port': 5432,
      },
    });
  }
  return spans;
}

/** As random as ids are, so that they compress no better. */
export function traceIdOf(number) {
  const random = randomFrom(number ^ 0x5bd1e995);
  let id = '';
  for (let part = 0; part < 4; part++)
    id += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return id;
}

function spanIdOf(number) {
  const random = randomFrom(number ^ 0x2545f491);
  const half = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${half()}${half()}`;
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
