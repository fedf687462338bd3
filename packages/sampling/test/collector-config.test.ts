import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeYaml, type Yaml } from '../src/collector/yaml.ts';
import { collectorConfig, type SamplingPolicy } from '../src/index.ts';

type Policy = { name: string; and: { and_sub_policy: Record<string, Record<string, unknown>>[] } };

const policy: SamplingPolicy = {
  ratio: 0.01,
  rules: [
    { route: '/api/payments/*', ratio: 1 },
    { route: '/health', ratio: 0 },
    { attributes: { 'http.request.header.x-tenant': 'gold' }, ratio: 0.5, atLeast: 3, priority: 1 },
  ],
  perSecond: 50,
  keep: { slowerThan: '1s', routes: { '/search': '300ms' }, hold: '4s' },
};

describe('the configuration of a Collector', () => {
  it('has one policy for errors, one for slow requests, one for each rule and one for the rest', () => {
    expect(policiesOf(policy).map(({ name }) => name)).toEqual([
      'errors',
      'slow',
      'rule 1',
      'rule 1 at least',
      'rule 2',
      'the rest',
    ]);
  });

  it('looks at rules in the order of their priority, each only where no earlier one applies', () => {
    const [gold, , payments, rest] = policiesOf(policy).slice(2).map(conditionOf);
    expect(gold).toContain('"gold"');
    expect(payments).toMatch(/not \(.*"gold".* and .*payments/);
    expect(rest).toMatch(/not \(.*"gold".*not \(.*payments.*not \(.*health/);
  });

  it('gives every share in percent and every limit of traces in spans', () => {
    const config = parse(collectorConfig(policy, { spansPerTrace: 7 }).tailSampling);
    const parts = config.processors.tail_sampling.policies.flatMap((each: Policy) => each.and.and_sub_policy);
    const shares = parts.flatMap(
      (part: { probabilistic?: { sampling_percentage: number } }) => part.probabilistic ?? [],
    );
    expect(shares.map((share: { sampling_percentage: number }) => share.sampling_percentage)).toEqual([50, 100, 1]);
    const limits = parts.flatMap((part: { rate_limiting?: { spans_per_second: number } }) => part.rate_limiting ?? []);
    expect(limits.map((limit: { spans_per_second: number }) => limit.spans_per_second)).toEqual([350, 21, 350, 350]);
  });

  it('waits as long as traces are held, and sends all spans of a trace to the same Collector', () => {
    const { loadBalancing, tailSampling } = collectorConfig(policy, {
      hostname: 'deciders',
      endpoint: 'http://tempo:4318',
    });
    expect(parse(tailSampling).processors.tail_sampling).toMatchObject({ decision_wait: '4s', num_traces: 8000 });
    expect(parse(tailSampling).exporters).toEqual({ otlp_http: { endpoint: 'http://tempo:4318' } });
    expect(parse(loadBalancing).exporters.loadbalancing).toMatchObject({
      routing_key: 'traceID',
      resolver: { dns: { hostname: 'deciders' } },
    });
  });

  it('says in words, also in the file, what the Collector cannot do', () => {
    const { remarks, tailSampling } = collectorConfig({ keep: { slowerThan: 'p99' }, adaptive: { target: 5 } });
    expect(remarks.join('\n')).toMatch(/everything[\s\S]*p99[\s\S]*adaptive/);
    for (const remark of remarks) expect(tailSampling).toContain(`# ${remark}\n`);
  });

  it('takes the policy as the services have it, and says what it leaves out', () => {
    const secret = 'a secret that must not be written down';
    const { remarks, tailSampling } = collectorConfig({ ...policy, peers: { secret } });
    expect(remarks.join('\n')).toMatch(/Each rule has the limit for itself[\s\S]*peers are not needed/);
    expect(tailSampling).not.toContain(secret);
  });

  it('limits adaptive traces to the same target as the services where none is given', () => {
    expect(collectorConfig({ adaptive: {} }).tailSampling).toContain('spans_per_second: 10\n');
  });

  it.each([
    [{ ratio: 2 }, /`ratio` to be a number from 0 to 1, got 2/],
    [{ rules: () => 1 }, /`rules` to be an array of rules \(a function cannot/],
    [{ rules: [{ route: 'x', ratio: 1 }] }, /`rules\[0\].route` to be a route pattern/],
    [{ keep: { slowerThan: '1 week' } }, /`keep.slowerThan`/],
    [{ adaptive: { rate: 5 } }, /no option `adaptive.rate`. Use one of `adaptive.target`/],
    [{ perSecond: 5, adaptive: {} }, /exclude each other\. Remove one/],
    [{ jaegerRemote: {} }, /no option `jaegerRemote`/],
  ])('refuses %j', (wrong, message) => {
    expect(() => collectorConfig(wrong as SamplingPolicy)).toThrow(message);
  });

  it.each([
    [{ endpoint: 'tempo' }, /`endpoint` to be an http: or https: URL/],
    [{ hostname: 'a b' }, /`hostname` to be a host name/],
    [{ spansPerTrace: 0 }, /`spansPerTrace`/],
  ])('refuses the option %j', (wrong, message) => {
    expect(() => collectorConfig({}, wrong)).toThrow(message);
  });
});

describe('the YAML', () => {
  it('means what was written, with $ doubled for the Collector', () => {
    const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.constantFrom('yes', '__proto__x', 'a: b', '1'));
    const { tree } = fc.letrec<{ tree: Yaml; node: Yaml }>((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, leaf, tie('tree')),
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
        fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(unescaped(parse(writeYaml(value)))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});

function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(unescaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [unescaped(key), unescaped(item)]));
}

function policiesOf(given: SamplingPolicy): Policy[] {
  return parse(collectorConfig(given).tailSampling).processors.tail_sampling.policies;
}

function conditionOf(each: Policy): string {
  const condition = each.and.and_sub_policy[0]?.ottl_condition as { span: string[] } | undefined;
  return condition?.span[0] ?? '';
}
