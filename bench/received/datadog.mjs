import { readMsgpack } from './msgpack.mjs';

/** The spans in a request to the Datadog agent, protocol 0.4: a list of traces, each a list of spans. */
export function datadogSpans(url, body) {
  if (!url.startsWith('/v0.4/traces')) return undefined;
  return readMsgpack(body)
    .flat()
    .map(({ trace_id, name, resource, meta, duration }) => ({
      traceId: String(trace_id),
      // Its own operation name of a custom span is the name given to it.
      name,
      entry: meta?.['span.kind'] === 'server',
      about: `${meta?.['http.route'] ?? ''} ${meta?.['http.url'] ?? ''} ${resource}`,
      ended: duration >= 0,
    }));
}
