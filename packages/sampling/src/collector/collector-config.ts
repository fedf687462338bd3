import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import { type AdaptiveTarget, adaptiveTargetChecks } from '../adaptive-sampler.ts';
import type { HeadSamplerOptions } from '../head-options.ts';
import { aPositiveNumber } from '../option-checks.ts';
import type { PeerOptions } from '../peers/peer-options.ts';
import type { KeepOptions } from '../tail/keep-options.ts';
import { collectorPolicies } from './collector-policies.ts';
import { writeYaml, type Yaml } from './yaml.ts';

/** What `startTracing` calls `sampling`, as far as a Collector can do it. `peers` have nothing to do there. */
export type SamplingPolicy = Pick<HeadSamplerOptions, 'ratio' | 'rules'> & {
  perSecond?: number;
  adaptive?: AdaptiveTarget;
  keep?: KeepOptions;
  peers?: PeerOptions;
};

/** How the configuration is to be written. */
export type CollectorConfigOptions = {
  /**
   * Where traces go in the end: the address of an OTLP/HTTP receiver.
   * @default 'http://localhost:4318'
   */
  endpoint?: string;
  /**
   * The name under which all Collectors that decide are found by DNS.
   * @default 'tail-sampling'
   */
  hostname?: string;
  /**
   * How many spans a trace has on average: the Collector limits spans, not traces.
   * @default 10
   */
  spansPerTrace?: number;
  /**
   * How many traces begin in a second, which says how much memory is set aside.
   * @default 1000
   */
  tracesPerSecond?: number;
};

/** Two configurations of the OpenTelemetry Collector, and what they cannot do. */
export type CollectorConfig = {
  /** For the Collectors that services export to: sends all spans of a trace to the same Collector behind it. */
  readonly loadBalancing: string;
  /** For the Collectors behind those, which decide. */
  readonly tailSampling: string;
  /** Where the policy had to be read differently; these lines are also at the top of `tailSampling`. */
  readonly remarks: readonly string[];
};

const optionChecks: OptionChecks<CollectorConfigOptions> = {
  endpoint: ['an http: or https: URL', (value) => typeof value === 'string' && /^https?:\/\/\S+$/.test(value)],
  hostname: ['a host name', (value) => typeof value === 'string' && /^[\w.-]+$/.test(value)],
  spansPerTrace: aPositiveNumber,
  tracesPerSecond: aPositiveNumber,
};

const policyChecks: OptionChecks<SamplingPolicy> = {
  ratio: ['a number from 0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1],
  rules: [
    'an array of rules (a function cannot be written as a configuration: keep it in the service, or write rules)',
    Array.isArray,
  ],
  perSecond: aPositiveNumber,
  adaptive: is.object,
  keep: is.object,
  peers: is.object,
};

/**
 * Writes the policy of `startTracing({ sampling })` as configurations of the OpenTelemetry Collector (contrib 0.158 or
 * later), for fleets that outgrow deciding in the services: a first tier that sends whole traces to one Collector, and a
 * second that decides. Services then export everything (`sampling: { ratio: 1 }`). Throws a `TypeError` for a malformed
 * policy or option, and for rules that are a function.
 *
 * @example
 * const { loadBalancing, tailSampling } = collectorConfig({ ratio: 0.01, keep: { slowerThan: '1s' } });
 */
export function collectorConfig(policy: SamplingPolicy, options: CollectorConfigOptions = {}): CollectorConfig {
  checkOptions('sampling', policy, policyChecks);
  checkOptions('sampling', policy.adaptive ?? {}, adaptiveTargetChecks, 'adaptive.');
  if (policy.adaptive !== undefined && policy.perSecond !== undefined)
    throw new TypeError('[sampling] `perSecond` and `adaptive` exclude each other. Remove one of them.');
  checkOptions('sampling', options, optionChecks);
  const {
    endpoint = 'http://localhost:4318',
    hostname = 'tail-sampling',
    spansPerTrace = 10,
    tracesPerSecond = 1000,
  } = options;
  const { policies, waitSeconds, remarks } = collectorPolicies(policy, spansPerTrace);
  const tailSampling = {
    decision_wait: `${waitSeconds}s`,
    // A trace is kept in memory until the decision and, for spans that come late, as long again.
    num_traces: Math.ceil(tracesPerSecond * waitSeconds * 2),
    expected_new_traces_per_sec: Math.ceil(tracesPerSecond),
    decision_cache: {
      sampled_cache_size: Math.ceil(tracesPerSecond * 100),
      non_sampled_cache_size: Math.ceil(tracesPerSecond * 100),
    },
    policies,
  };
  const balancing = { protocol: { otlp: { tls: { insecure: true } } }, resolver: { dns: { hostname, port: '4317' } } };
  const notes = remarks.map((remark) => `# ${remark}\n`).join('');
  return {
    loadBalancing: writeYaml(
      pipeline({ grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } }, undefined, {
        loadbalancing: { routing_key: 'traceID', ...balancing },
      }),
    ),
    tailSampling:
      notes + writeYaml(pipeline({ grpc: { endpoint: '0.0.0.0:4317' } }, tailSampling, { otlp_http: { endpoint } })),
    remarks,
  };
}

function pipeline(protocols: Yaml, sampling: Yaml | undefined, exporters: { readonly [name: string]: Yaml }): Yaml {
  const processors: { readonly [name: string]: Yaml } = {
    memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 20 },
    // The processor passes every trace on by itself, which fills the exporter's queue: 3,800 at once lost half.
    ...(sampling === undefined ? {} : { tail_sampling: sampling, batch: {} }),
  };
  return {
    receivers: { otlp: { protocols } },
    processors,
    exporters,
    service: {
      pipelines: {
        traces: { receivers: ['otlp'], processors: Object.keys(processors), exporters: Object.keys(exporters) },
      },
    },
  };
}
