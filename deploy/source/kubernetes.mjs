import { stringify } from 'yaml';
import { IMAGES } from './images.mjs';

/** @typedef {{ [key: string]: any }} Manifest */

const NAMESPACE = 'tracing';
const OTLP = { 'otlp-grpc': 4317, 'otlp-http': 4318 };
const HEALTH = 13_133;

/** @param {Manifest} jaeger @returns {Manifest[]} */
export function jaegerManifests(jaeger) {
  return [
    namespace(),
    ...workload({
      name: 'jaeger',
      image: IMAGES.jaeger,
      configuration: jaeger,
      replicas: 1,
      ports: { ui: 16_686, ...OTLP },
      health: '/status',
      memory: '1Gi',
    }),
    onlyFrom('jaeger', [...Object.values(OTLP)], undefined),
  ];
}

/** @param {{ loadBalancing: Manifest, tailSampling: Manifest, jaeger: Manifest }} configurations @returns {Manifest[]} */
export function availableManifests({ loadBalancing, tailSampling, jaeger }) {
  return [
    namespace(),
    ...workload({
      name: 'load-balancing',
      image: IMAGES.collector,
      configuration: loadBalancing,
      replicas: 2,
      ports: OTLP,
      health: '/',
      memory: '1Gi',
    }),
    ...workload({
      name: 'tail-sampling',
      image: IMAGES.collector,
      configuration: tailSampling,
      replicas: 3,
      ports: { 'otlp-grpc': 4317 },
      health: '/',
      memory: '2Gi',
      headless: true,
    }),
    ...workload({
      name: 'jaeger',
      image: IMAGES.jaeger,
      configuration: jaeger,
      replicas: 2,
      ports: { ui: 16_686, 'otlp-http': 4318 },
      health: '/status',
      memory: '1Gi',
    }),
    ...opensearch(),
    onlyFrom('load-balancing', Object.values(OTLP), undefined),
    onlyFrom('tail-sampling', [4317], ['load-balancing']),
    onlyFrom('jaeger', [4318], ['tail-sampling']),
    onlyFrom('opensearch', [9200], ['jaeger']),
    onlyFrom('opensearch', [9300], ['opensearch'], 'opensearch-nodes'),
  ];
}

/** @returns {Manifest} */
function namespace() {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
}

/**
 * A deployment with its configuration, its service and, where there are several, a budget for disruptions.
 * @param {{ name: string, image: string, configuration: Manifest, replicas: number, ports: Record<string, number>, health: string, memory: string, headless?: boolean }} wanted
 * @returns {Manifest[]}
 */
function workload({ name, image, configuration, replicas, ports, health, memory, headless = false }) {
  const text = stringify(configuration, { lineWidth: 0 });
  const probe = { httpGet: { path: health, port: 'health' }, periodSeconds: 10, timeoutSeconds: 5 };
  const container = {
    name,
    image,
    args: ['--config', '/etc/tracing/config.yaml'],
    ports: Object.entries({ ...ports, health: HEALTH }).map(([name, containerPort]) => ({ name, containerPort })),
    // The memory limiter of the Collector goes by the limit.
    resources: { requests: { cpu: '250m', memory }, limits: { cpu: '2', memory } },
    startupProbe: { ...probe, failureThreshold: 30 },
    readinessProbe: probe,
    livenessProbe: { ...probe, failureThreshold: 6 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'config', mountPath: '/etc/tracing', readOnly: true }],
  };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name), data: { 'config.yaml': text } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(name),
      spec: {
        replicas,
        selector: { matchLabels: labels(name) },
        template: {
          // A change of the configuration replaces the pods.
          metadata: { labels: labels(name), annotations: { 'throughline/configuration': digest(text) } },
          spec: {
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 10_001,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            ...(replicas > 1 && { topologySpreadConstraints: [spread(name)] }),
            containers: [container],
            volumes: [{ name: 'config', configMap: { name } }],
          },
        },
      },
    },
    service(name, ports, headless),
    ...(replicas > 1 ? [disruptionBudget(name)] : []),
  ];
}

/** Three nodes, each with a disk of its own, of which one may be missing. @returns {Manifest[]} */
function opensearch() {
  const name = 'opensearch';
  const nodes = [0, 1, 2].map((index) => `${name}-${index}`);
  const environment = {
    'cluster.name': 'traces',
    'discovery.seed_hosts': 'opensearch-nodes',
    'cluster.initial_cluster_manager_nodes': nodes.join(','),
    'node.store.allow_mmap': 'false',
    OPENSEARCH_JAVA_OPTS: '-Xms1g -Xmx1g',
    // The network policies let nobody but Jaeger reach it.
    DISABLE_SECURITY_PLUGIN: 'true',
    DISABLE_INSTALL_DEMO_CONFIG: 'true',
  };
  const probe = {
    httpGet: { path: '/_cluster/health?local=true', port: 'http' },
    periodSeconds: 10,
    timeoutSeconds: 5,
  };
  const container = {
    name,
    image: IMAGES.opensearch,
    env: [
      { name: 'node.name', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ...Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
    ],
    ports: [
      { name: 'http', containerPort: 9200 },
      { name: 'nodes', containerPort: 9300 },
    ],
    resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { cpu: '2', memory: '2Gi' } },
    startupProbe: { ...probe, failureThreshold: 60 },
    readinessProbe: probe,
    livenessProbe: { tcpSocket: { port: 'nodes' }, periodSeconds: 20, failureThreshold: 6 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'data', mountPath: '/usr/share/opensearch/data' }],
  };
  const nodesService = service('opensearch-nodes', { nodes: 9300 }, true, name);
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(name),
      spec: {
        serviceName: 'opensearch-nodes',
        replicas: nodes.length,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels(name) },
        template: {
          metadata: { labels: labels(name) },
          spec: {
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 1000,
              fsGroup: 1000,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            topologySpreadConstraints: [spread(name)],
            containers: [container],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } } },
          },
        ],
      },
    },
    service(name, { http: 9200 }, false),
    // Nodes find each other before they are ready.
    { ...nodesService, spec: { ...nodesService.spec, publishNotReadyAddresses: true } },
    disruptionBudget(name),
  ];
}

/** @param {string} name @param {Record<string, number>} ports @param {boolean} headless @returns {Manifest} */
function service(name, ports, headless, selected = name) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name),
    spec: {
      ...(headless && { clusterIP: 'None' }),
      selector: labels(selected),
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name })),
    },
  };
}

/** @param {string} name @returns {Manifest} */
function disruptionBudget(name) {
  const spec = { maxUnavailable: 1, selector: { matchLabels: labels(name) } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata(name), spec };
}

/**
 * Lets nobody but these pods in, or everybody in the cluster.
 * @param {string} name @param {readonly number[]} ports @param {readonly string[] | undefined} callers @returns {Manifest}
 */
function onlyFrom(name, ports, callers, policy = name) {
  const from = callers?.map((caller) => ({ podSelector: { matchLabels: labels(caller) } })) ?? [
    { namespaceSelector: {} },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(policy),
    spec: {
      podSelector: { matchLabels: labels(name) },
      policyTypes: ['Ingress'],
      ingress: [{ from, ports: ports.map((port) => ({ protocol: 'TCP', port })) }],
    },
  };
}

/** @param {string} name */
function spread(name) {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels(name) },
  };
}

/** @param {string} name */
function metadata(name) {
  return { name, namespace: NAMESPACE, labels: labels(name) };
}

/** @param {string} name */
function labels(name) {
  return { 'app.kubernetes.io/name': name };
}

/** A short number for a text. @param {string} text */
function digest(text) {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16);
}
