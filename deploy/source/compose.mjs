import { IMAGES } from './images.mjs';

/** @typedef {{ [key: string]: any }} Service */

const OTLP_PORTS = ['127.0.0.1:4317:4317', '127.0.0.1:4318:4318'];

/** @param {keyof typeof IMAGES} image @param {{ cpus: string, memory: string }} limits @param {Service} rest @returns {Service} */
function service(image, { cpus, memory }, rest) {
  const { deploy = {}, ...others } = rest;
  return {
    image: IMAGES[image],
    restart: 'unless-stopped',
    security_opt: ['no-new-privileges:true'],
    cap_drop: ['ALL'],
    deploy: { ...deploy, resources: { limits: { cpus, memory } } },
    ...others,
  };
}

/**
 * An image without a shell cannot look after its own health; this one looks at it from the same network.
 * @param {string} name @param {string} url
 */
function watcher(name, url) {
  return service(
    'busybox',
    { cpus: '0.1', memory: '16M' },
    {
      command: ['sleep', 'infinity'],
      init: true,
      network_mode: `service:${name}`,
      healthcheck: healthcheck(['wget', '-q', '-O', '/dev/null', url]),
    },
  );
}

/** @param {readonly string[]} command */
function healthcheck(command) {
  return { test: ['CMD', ...command], interval: '10s', timeout: '5s', retries: 6, start_period: '30s' };
}

/** @param {string} file @param {string} target */
function mounted(file, target) {
  return `./${file}:${target}:ro`;
}

/** Jaeger alone. */
export function jaegerCompose() {
  return {
    name: 'throughline-jaeger',
    services: {
      jaeger: service(
        'jaeger',
        { cpus: '2', memory: '1G' },
        {
          command: ['--config', '/etc/jaeger.yaml'],
          volumes: [mounted('jaeger.yaml', '/etc/jaeger.yaml')],
          ports: ['127.0.0.1:16686:16686', ...OTLP_PORTS],
        },
      ),
      'jaeger-health': watcher('jaeger', 'http://127.0.0.1:13133/status'),
    },
  };
}

/** A Collector, Tempo, Prometheus, and Grafana in front of both. */
export function grafanaCompose() {
  return {
    name: 'throughline-grafana',
    services: {
      collector: service(
        'collector',
        { cpus: '1', memory: '512M' },
        {
          command: ['--config', '/etc/collector.yaml'],
          volumes: [mounted('collector.yaml', '/etc/collector.yaml')],
          ports: OTLP_PORTS,
          depends_on: { 'tempo-health': { condition: 'service_healthy' } },
        },
      ),
      'collector-health': watcher('collector', 'http://127.0.0.1:13133/'),
      tempo: service(
        'tempo',
        { cpus: '2', memory: '2G' },
        {
          command: ['-config.file=/etc/tempo.yaml'],
          volumes: [mounted('tempo.yaml', '/etc/tempo.yaml'), 'tempo:/var/tempo'],
        },
      ),
      'tempo-health': watcher('tempo', 'http://127.0.0.1:3200/ready'),
      prometheus: service(
        'prometheus',
        { cpus: '1', memory: '1G' },
        {
          command: [
            '--config.file=/etc/prometheus/prometheus.yaml',
            '--storage.tsdb.path=/prometheus',
            '--storage.tsdb.retention.time=15d',
            '--enable-feature=exemplar-storage',
          ],
          volumes: [
            mounted('prometheus.yaml', '/etc/prometheus/prometheus.yaml'),
            mounted('targets.yaml', '/etc/prometheus/targets.yaml'),
            'prometheus:/prometheus',
          ],
          ports: ['127.0.0.1:9090:9090'],
          // Services run on the host, beside the containers.
          extra_hosts: ['host.docker.internal:host-gateway'],
          healthcheck: healthcheck(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:9090/-/ready']),
        },
      ),
      grafana: service(
        'grafana',
        { cpus: '1', memory: '512M' },
        {
          environment: {
            GF_SECURITY_ADMIN_PASSWORD:
              `\${GRAFANA_PASSWORD:?choose one, such as: export GRAFANA_PASSWORD=$(openssl rand -hex 16)}`.replaceAll(
                '$(',
                '$$(',
              ),
            GF_USERS_ALLOW_SIGN_UP: 'false',
            GF_ANALYTICS_REPORTING_ENABLED: 'false',
          },
          volumes: [
            mounted('datasources.yaml', '/etc/grafana/provisioning/datasources/datasources.yaml'),
            'grafana:/var/lib/grafana',
          ],
          ports: ['127.0.0.1:3000:3000'],
          depends_on: {
            prometheus: { condition: 'service_healthy' },
            'tempo-health': { condition: 'service_healthy' },
          },
          healthcheck: healthcheck(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:3000/api/health']),
        },
      ),
    },
    volumes: { tempo: {}, prometheus: {}, grafana: {} },
  };
}

const NODES = ['opensearch-1', 'opensearch-2', 'opensearch-3'];

/** Two tiers of Collectors, and Jaeger on a store that keeps every shard twice. */
export function availableCompose() {
  const tier = (/** @type {string} */ file, /** @type {Service} */ rest) =>
    service(
      'collector',
      { cpus: '1', memory: '1G' },
      {
        command: ['--config', '/etc/collector.yaml'],
        volumes: [mounted(file, '/etc/collector.yaml')],
        ...rest,
      },
    );
  return {
    name: 'throughline-available',
    services: {
      'load-balancing': tier('load-balancing.yaml', {
        ports: OTLP_PORTS,
        depends_on: ['tail-sampling'],
      }),
      'load-balancing-health': watcher('load-balancing', 'http://127.0.0.1:13133/'),
      // The name leads to all of them, by which the tier before finds each.
      'tail-sampling': tier('tail-sampling.yaml', { deploy: { replicas: 2 }, depends_on: ['jaeger'] }),
      jaeger: service(
        'jaeger',
        { cpus: '2', memory: '1G' },
        {
          command: ['--config', '/etc/jaeger.yaml'],
          volumes: [mounted('jaeger.yaml', '/etc/jaeger.yaml')],
          ports: ['127.0.0.1:16686:16686'],
          depends_on: Object.fromEntries(NODES.map((name) => [name, { condition: 'service_healthy' }])),
        },
      ),
      'jaeger-health': watcher('jaeger', 'http://127.0.0.1:13133/status'),
      ...Object.fromEntries(NODES.map((name) => [name, opensearchNode(name)])),
    },
    volumes: Object.fromEntries(NODES.map((name) => [name, {}])),
  };
}

/** @param {string} name */
function opensearchNode(name) {
  return service(
    'opensearch',
    { cpus: '2', memory: '2G' },
    {
      environment: {
        'cluster.name': 'traces',
        'node.name': name,
        'discovery.seed_hosts': NODES.join(','),
        'cluster.initial_cluster_manager_nodes': NODES.join(','),
        OPENSEARCH_JAVA_OPTS: '-Xms1g -Xmx1g',
        // Nobody but the containers of this file can reach it: it has no port on the host.
        DISABLE_SECURITY_PLUGIN: 'true',
        DISABLE_INSTALL_DEMO_CONFIG: 'true',
      },
      ulimits: { nofile: { soft: 65_536, hard: 65_536 } },
      // One name for all of them, whichever are there.
      networks: { default: { aliases: ['opensearch'] } },
      volumes: [`${name}:/usr/share/opensearch/data`],
      healthcheck: healthcheck([
        'curl',
        '-fsS',
        'http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=4s',
      ]),
    },
  );
}
