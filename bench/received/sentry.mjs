/** The spans in a Sentry envelope: a transaction with its children, or a list of spans by themselves. */
export function sentrySpans(url, body) {
  if (!url.includes('/envelope')) return undefined;
  const lines = body.toString('utf8').split('\n');
  const spans = [];
  for (let at = 1; at + 1 < lines.length; at += 2) {
    const { type } = JSON.parse(lines[at] || '{}');
    const payload = lines[at + 1];
    if (type === 'transaction') spans.push(...transactionSpans(JSON.parse(payload)));
    else if (type === 'span') spans.push(...JSON.parse(payload).items.map(streamedSpan));
  }
  return spans;
}

function transactionSpans({ transaction, contexts, request, spans, timestamp, start_timestamp }) {
  const traceId = contexts.trace.trace_id;
  return [
    {
      traceId,
      name: transaction,
      entry: contexts.trace.op === 'http.server',
      about: `${transaction} ${request?.url ?? ''}`,
      ended: timestamp >= start_timestamp,
    },
    ...spans.map((span) => ({
      traceId,
      name: span.description,
      entry: false,
      about: '',
      ended: span.timestamp >= span.start_timestamp,
    })),
  ];
}

function streamedSpan({ trace_id, name, attributes, start_timestamp, end_timestamp }) {
  return {
    traceId: trace_id,
    name,
    entry: attributes?.['sentry.op']?.value === 'http.server',
    about: `${name} ${attributes?.['url.path']?.value ?? attributes?.['http.target']?.value ?? ''}`,
    ended: end_timestamp >= start_timestamp,
  };
}
