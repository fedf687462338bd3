import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NestInstrumentation } from '@opentelemetry/instrumentation-nestjs-core';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { otelWithSpan } from './otel-with-span.mjs';

/** OpenTelemetry's SDK with its instrumentations, as their documentation sets them up for ES modules. */
export async function otel(framework, sampler) {
  const { register } = await import('node:module');
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const provider = new NodeTracerProvider({
    ...(sampler !== undefined && { sampler }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.SINK }))],
  });
  provider.register();
  const instrumentations = [
    new HttpInstrumentation(),
    new ExpressInstrumentation(),
    new NestInstrumentation(),
    new UndiciInstrumentation(),
    new PinoInstrumentation(),
  ];
  registerInstrumentations({ instrumentations });
  const { setup } = await import('./bare.mjs');
  const fastify = framework === 'fastify' ? await import('@fastify/otel') : undefined;
  return {
    ...setup(),
    withSpan: otelWithSpan(),
    ...(fastify !== undefined && { fastifyPlugin: new fastify.FastifyOtelInstrumentation().plugin() }),
  };
}
