import { parse } from 'yaml';

/** @typedef {typeof import('@throughline/sampling').collectorConfig} CollectorConfig */
/** @typedef {{ [key: string]: any }} Configuration */

const HEALTH = { health_check: { endpoint: '0.0.0.0:13133' } };
const LIMITER = { memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 20 } };
const OTLP = { otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } } } };

/** What the highly available set-up keeps: what fails, what is slow, and one trace in twenty. */
const POLICY = /** @type {const} */ ({
  ratio: 0.05,
  rules: [{ route: '/health', ratio: 0 }],
  keep: { errors: true, slowerThan: '1s', hold: '10s' },
});

/** The Collector that hands traces on to Tempo. */
export function collector() {
  return {
    extensions: HEALTH,
    receivers: OTLP,
    processors: { ...LIMITER, batch: {} },
    exporters: { otlp_http: { endpoint: 'http://tempo:4318' } },
    service: {
      extensions: ['health_check'],
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlp_http'] },
      },
    },
  };
}

/**
 * The two tiers of Collectors as `collectorConfig()` of our own writes them, with a health check besides.
 * @param {CollectorConfig} collectorConfig @param {{ hostname: string, endpoint: string }} options
 */
export function tiers(collectorConfig, options) {
  const { loadBalancing, tailSampling } = collectorConfig(POLICY, options);
  return { loadBalancing: withHealth(loadBalancing), tailSampling: withHealth(tailSampling) };
}

/** @param {string} text @returns {Configuration} */
function withHealth(text) {
  const { service, ...parts } = parse(text);
  return { extensions: HEALTH, ...parts, service: { extensions: ['health_check'], ...service } };
}

/** Jaeger on one machine, which remembers the latest traces. @returns {Configuration} */
export function jaegerInMemory() {
  return jaeger({ memory: { max_traces: 50_000 } });
}

/** Jaeger in front of OpenSearch, where every shard is on two nodes. @param {string} url @returns {Configuration} */
export function jaegerOnOpenSearch(url) {
  const index = { shards: 3, replicas: 1 };
  const indices = { index_prefix: 'jaeger', spans: index, services: index, dependencies: index, sampling: index };
  return jaeger({ opensearch: { server_urls: [url], indices } });
}

/** @param {Configuration} backend @returns {Configuration} */
function jaeger(backend) {
  return {
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: '0.0.0.0:13133' } },
      jaeger_storage: { backends: { traces: backend } },
      jaeger_query: { storage: { traces: 'traces' }, http: { endpoint: '0.0.0.0:16686' } },
    },
    receivers: OTLP,
    processors: { ...LIMITER, batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: 'traces' } },
    service: {
      extensions: ['healthcheckv2', 'jaeger_storage', 'jaeger_query'],
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: ['memory_limiter', 'batch'],
          exporters: ['jaeger_storage_exporter'],
        },
      },
    },
  };
}

/** Tempo in one process, on a local disk. */
export function tempo() {
  return {
    server: { http_listen_port: 3200 },
    distributor: { receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } } },
    compactor: { compaction: { block_retention: '168h' } },
    storage: {
      trace: { backend: 'local', wal: { path: '/var/tempo/wal' }, local: { path: '/var/tempo/blocks' } },
    },
  };
}

/** Prometheus, which asks the services on this machine for their metrics. */
export function prometheus() {
  return {
    global: { scrape_interval: '15s' },
    storage: { exemplars: { max_exemplars: 100_000 } },
    scrape_configs: [
      { job_name: 'services', file_sd_configs: [{ files: ['/etc/prometheus/targets.yaml'], refresh_interval: '15s' }] },
      { job_name: 'tempo', static_configs: [{ targets: ['tempo:3200'] }] },
    ],
  };
}

/** Where Grafana finds metrics and traces, and how an exemplar leads from one to the other. */
export function grafanaDatasources() {
  return {
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: 'prometheus',
        type: 'prometheus',
        access: 'proxy',
        url: 'http://prometheus:9090',
        isDefault: true,
        jsonData: {
          httpMethod: 'POST',
          // The label is the one that @throughline/metrics writes.
          exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'tempo' }],
        },
      },
      {
        name: 'Tempo',
        uid: 'tempo',
        type: 'tempo',
        access: 'proxy',
        url: 'http://tempo:3200',
        jsonData: { serviceMap: { datasourceUid: 'prometheus' } },
      },
    ],
  };
}
