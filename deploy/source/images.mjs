/** What runs, pinned. Renovate them here, then run `npx pnpm deploy:generate`. */
export const IMAGES = {
  jaeger: 'jaegertracing/jaeger:2.21.0',
  collector: 'otel/opentelemetry-collector-contrib:0.158.0',
  tempo: 'grafana/tempo:2.10.8',
  grafana: 'grafana/grafana:13.2.3',
  prometheus: 'prom/prometheus:v3.15.0',
  opensearch: 'opensearchproject/opensearch:3.8.0',
  busybox: 'busybox:1.37.0',
};
