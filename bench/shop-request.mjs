// One request of a shop, as the benchmarks of holds and exports make it: four spans with the usual attributes.
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** @param {import('@opentelemetry/api').Tracer} tracer @param {number} index @param {{ tookMs?: number, failed?: boolean }} [outcome] */
export function serveOrder(tracer, index, { tookMs = 0, failed = false } = {}) {
  const attributes = {
    'http.request.method': 'GET',
    'url.path': `/api/orders/${index}`,
    'url.scheme': 'https',
    'server.address': 'shop.example',
    'client.address': '192.0.2.7',
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  };
  const options = { kind: SpanKind.SERVER, attributes };
  const root = tracer.startSpan('GET', tookMs === 0 ? options : { ...options, startTime: Date.now() - tookMs });
  const parent = trace.setSpan(context.active(), root);
  for (let call = 0; call < 3; call += 1) {
    const child = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'pg' } }, parent);
    child.setAttribute('db.response.returned_rows', call);
    child.end();
  }
  root.updateName('GET /api/orders/:id');
  root.setAttributes({ 'http.route': '/api/orders/:id', 'http.response.status_code': failed ? 500 : 200 });
  if (failed) root.setStatus({ code: SpanStatusCode.ERROR });
  root.end(tookMs === 0 ? undefined : Date.now());
}
