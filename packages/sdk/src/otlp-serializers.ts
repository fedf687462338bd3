/**
 * OpenTelemetry's serializers of OTLP, loaded when they are first needed: what they bring along is a third of all modules that
 * a start would load, and who records and exports without processors of his own needs none of it.
 */
export function otlpSerializers(): Promise<typeof import('@opentelemetry/otlp-transformer')> {
  return import('@opentelemetry/otlp-transformer');
}
