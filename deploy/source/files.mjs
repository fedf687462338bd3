import { stringify } from 'yaml';
import { availableCompose, grafanaCompose, jaegerCompose } from './compose.mjs';
import {
  collector,
  grafanaDatasources,
  jaegerInMemory,
  jaegerOnOpenSearch,
  prometheus,
  tempo,
  tiers,
} from './configurations.mjs';
import { availableManifests, jaegerManifests } from './kubernetes.mjs';

const HEAD = '# Written by `npx pnpm deploy:generate` from deploy/source: change it there.\n';

/**
 * All files, by their path below deploy/.
 * @param {import('./configurations.mjs').CollectorConfig} collectorConfig
 * @returns {Record<string, string>}
 */
export function deployFiles(collectorConfig) {
  const composed = tiers(collectorConfig, { hostname: 'tail-sampling', endpoint: 'http://jaeger:4318' });
  const files = {
    'jaeger/compose.yaml': jaegerCompose(),
    'jaeger/jaeger.yaml': jaegerInMemory(),
    'grafana/compose.yaml': grafanaCompose(),
    'grafana/collector.yaml': collector(),
    'grafana/tempo.yaml': tempo(),
    'grafana/prometheus.yaml': prometheus(),
    'grafana/datasources.yaml': grafanaDatasources(),
    'available/compose.yaml': availableCompose(),
    'available/load-balancing.yaml': composed.loadBalancing,
    'available/tail-sampling.yaml': composed.tailSampling,
    'available/jaeger.yaml': jaegerOnOpenSearch('http://opensearch:9200'),
    'kubernetes/jaeger.yaml': jaegerManifests(jaegerInMemory()),
    'kubernetes/available.yaml': availableManifests({
      ...composed,
      jaeger: jaegerOnOpenSearch('http://opensearch:9200'),
    }),
  };
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, written(content)]));
}

/** @param {object} content */
function written(content) {
  const documents = Array.isArray(content) ? content : [content];
  return HEAD + documents.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
