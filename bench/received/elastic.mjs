/** The spans in a request to Elastic's APM server: a line of JSON for each transaction, span, error and metric set. */
export function elasticSpans(url, body) {
  if (!url.startsWith('/intake/v2/events')) return undefined;
  const spans = [];
  for (const line of body.toString('utf8').split('\n')) {
    if (line === '') continue;
    const { transaction, span } = JSON.parse(line);
    const either = transaction ?? span;
    if (either === undefined) continue;
    spans.push({
      traceId: either.trace_id,
      name: either.name,
      entry: transaction !== undefined,
      about: `${either.name} ${either.context?.request?.url?.pathname ?? ''}`,
      ended: either.duration >= 0,
    });
  }
  return spans;
}
