import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectorConfig } from '@throughline/sampling';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { deployFiles } from '../deploy/source/files.mjs';

type Service = {
  image: string;
  deploy: { resources: { limits: Record<string, string> } };
  network_mode?: string;
  healthcheck?: object;
  ports?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
};
type Manifest = {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
  data?: Record<string, string>;
};

const deploy = fileURLToPath(new URL('../deploy', import.meta.url));
const files = deployFiles(collectorConfig);
const composed = Object.keys(files).filter((path) => path.endsWith('compose.yaml'));
const manifests = Object.keys(files).filter((path) => path.startsWith('kubernetes/'));

it('the files are what their source says (else: npx pnpm deploy:generate)', () => {
  for (const [path, text] of Object.entries(files)) expect(readFileSync(join(deploy, path), 'utf8'), path).toBe(text);
});

describe.each(composed)('%s', (path) => {
  const { services } = parse(files[path] as string) as { services: Record<string, Service> };

  it.each(Object.entries(services))(
    '%s has a pinned version, limits, a check of its health, and ports on loopback',
    (name, service) => {
      expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(Object.keys(service.deploy.resources.limits).sort()).toEqual(['cpus', 'memory']);
      const watched = Object.values(services).some(({ network_mode }) => network_mode === `service:${name}`);
      // Of several of one kind nobody can watch all from the outside; the tier before leaves out who does not answer.
      expect(service.healthcheck !== undefined || watched || name === 'tail-sampling', 'health').toBe(true);
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const [variable, value] of Object.entries(service.environment ?? {}))
        if (/PASSWORD|SECRET|TOKEN/.test(variable)) expect(value, variable).toMatch(/^\$\{\w+:\?/);
    },
  );

  it('every file that is mounted is there', () => {
    const folder = join(deploy, path, '..');
    for (const { volumes = [] } of Object.values(services))
      for (const volume of volumes)
        if (volume.startsWith('./')) expect(readdirSync(folder)).toContain(volume.slice(2).split(':')[0]);
  });
});

describe.each(manifests)('%s', (path) => {
  const documents = parseAllDocuments(files[path] as string).map((each) => each.toJS() as Manifest);
  const workloads = documents.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

  it('every container has a pinned version, limits, probes and no privileges', () => {
    for (const { spec } of workloads) {
      const { template } = spec as {
        template: { spec: { containers: Record<string, unknown>[]; securityContext: object } };
      };
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const container of template.spec.containers) {
        expect(container.image).toMatch(/:v?\d+\.\d+\.\d+$/);
        expect(container).toMatchObject({
          resources: { limits: { cpu: expect.any(String), memory: expect.any(String) } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        });
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
          expect(container).toHaveProperty(probe);
      }
    }
  });

  it('what there is several of may lose one at a time, and everything is behind a network policy', () => {
    const named = (kind: string): string[] =>
      documents.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of workloads) {
      if (Number(spec.replicas) > 1) expect(named('PodDisruptionBudget')).toContain(metadata.name);
      expect(named('NetworkPolicy')).toContain(metadata.name);
    }
  });

  it('the first tier finds the second, and both what they export to, by the names of services', () => {
    const services = documents.filter(({ kind }) => kind === 'Service');
    const hosts = documents
      .filter(({ kind }) => kind === 'ConfigMap')
      .flatMap(({ data }) => [...(data?.['config.yaml'] ?? '').matchAll(/(?:hostname: |https?:\/\/)([a-z][\w-]*)/g)])
      .map(([, host]) => host);
    for (const host of hosts) expect(services.map(({ metadata }) => metadata.name)).toContain(host);
    const headless = services.filter(({ spec }) => spec.clusterIP === 'None').map(({ metadata }) => metadata.name);
    if (hosts.includes('tail-sampling')) expect(headless).toContain('tail-sampling');
  });
});

it('an exemplar of ours leads from Prometheus to Tempo', () => {
  const { datasources } = parse(files['grafana/datasources.yaml'] as string);
  const [prometheus, tempo] = datasources;
  // The label that packages/metrics writes.
  expect(prometheus.jsonData.exemplarTraceIdDestinations).toEqual([{ name: 'trace_id', datasourceUid: tempo.uid }]);
  const { services } = parse(files['grafana/compose.yaml'] as string);
  expect(services.prometheus.command).toContain('--enable-feature=exemplar-storage');
  expect([prometheus.url, tempo.url].map((url) => new URL(url).hostname)).toEqual(['prometheus', 'tempo']);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(['prometheus', 'tempo']));
});

// What the code of Compose, Kubernetes and the Collector says of the files: `npx pnpm test:deploy`.
const promtool = spawnSync('promtool', ['--version']).status === 0;
it.skipIf(!promtool && process.env.CI !== 'true')(
  `Prometheus takes its configuration${promtool ? '' : ' (needs promtool: apt-get install prometheus)'}`,
  () => {
    // Where the container has its targets is nothing here.
    const { status, stdout, stderr } = spawnSync(
      'promtool',
      ['check', 'config', '--syntax-only', join(deploy, 'grafana/prometheus.yaml')],
      { encoding: 'utf8' },
    );
    expect(status, stdout + stderr).toBe(0);
  },
);
