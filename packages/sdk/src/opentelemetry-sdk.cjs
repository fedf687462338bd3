// CommonJS, because only `require` loads a module when it is first asked for without making the asker wait, and bundlers
// follow it as they follow an import. OpenTelemetry's SDK is half of what a start would load, and who records and exports
// without span processors of his own needs none of it.

/** OpenTelemetry's tracer provider and samplers. */
exports.openTelemetrySdk = () => require('@opentelemetry/sdk-trace-node');

/** OpenTelemetry's resources. */
exports.openTelemetryResources = () => require('@opentelemetry/resources');
