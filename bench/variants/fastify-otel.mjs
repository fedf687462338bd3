// @fastify/otel with the SDK and nothing else: no instrumentation of node:http, fetch or the logger.
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { setup as bare } from './bare.mjs';
import { otelWithSpan } from './otel-with-span.mjs';

export function setup() {
  const provider = new NodeTracerProvider({
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.SINK }))],
  });
  provider.register();
  const instrumentation = new FastifyOtelInstrumentation();
  instrumentation.setTracerProvider(provider);
  return { ...bare(), withSpan: otelWithSpan(), fastifyPlugin: instrumentation.plugin() };
}
