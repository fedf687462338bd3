/** What to do where nothing is listed. */
export function NoTraces({ isSearch, isFailed }: { readonly isSearch: boolean; readonly isFailed: boolean }) {
  if (isSearch) {
    return (
      <div class="nothing">
        <h2>No trace matches</h2>
        <p>Ask for less, or take a part of the query out. What comes in and matches appears here by itself.</p>
      </div>
    );
  }
  if (isFailed) {
    return (
      <div class="nothing">
        <h2>No trace failed</h2>
        <p>One in which a span fails appears here by itself.</p>
      </div>
    );
  }
  return (
    <div class="nothing">
      <h2>Waiting for the first trace</h2>
      <p>Send OTLP over HTTP to this address. For a service with OpenTelemetry, this is enough:</p>
      <pre class="mono">OTEL_EXPORTER_OTLP_ENDPOINT={location.origin} node service.js</pre>
      <p>Traces appear here as they come in.</p>
    </div>
  );
}
