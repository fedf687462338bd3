import { decodeOtlpProtobuf } from '@throughline/analysis';

/** The spans of an OTLP request; `entry` is that of the server, `about` where its route or path stands. */
export function otlpSpans(url, body) {
  if (!url.endsWith('/v1/traces')) return undefined;
  return decodeOtlpProtobuf(body).map(({ traceId, name, kind, attributes, startUnixNano, endUnixNano }) => ({
    traceId,
    name,
    entry: kind === 'server',
    about: String(attributes['http.route'] ?? attributes['url.path'] ?? attributes['http.target'] ?? name),
    ended: endUnixNano >= startUnixNano,
  }));
}
