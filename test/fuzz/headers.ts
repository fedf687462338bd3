import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { compositePropagator, propagatorNames, propagatorsByName } from '@throughline/propagators';
import fc from 'fast-check';
import { requestId } from '../../packages/core/src/context/request-id.ts';
import { queryRedactor } from '../../packages/core/src/http/redaction.ts';
import { saysKept } from '../../packages/core/src/keep-signals.ts';
import { must, type Target, target, textsNear } from './target.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
/** A valid value for every header that a propagator reads. */
const VALID: Readonly<Record<string, string>> = {
  traceparent: `00-${ID}-${SPAN}-01`,
  tracestate: 'ot=th:8;rv:0123456789abcd,vendor=a,tenant@system=b',
  baggage: 'tier=gold;ttl=3,user=%C3%A9',
  b3: `${ID}-${SPAN}-1-05e3ac9a4f6e3b90`,
  'x-b3-traceid': ID,
  'x-b3-spanid': SPAN,
  'x-b3-sampled': '1',
  'x-b3-flags': '1',
  'uber-trace-id': `${ID}:${SPAN}:0:3`,
  'uberctx-tier': 'gold',
  'x-amzn-trace-id': `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${SPAN};Sampled=1`,
  'x-datadog-trace-id': '9532127138774266268',
  'x-datadog-parent-id': '13235353014750950193',
  'x-datadog-sampling-priority': '2',
  'x-datadog-tags': '_dd.p.tid=0af7651916cd43dd,_dd.p.dm=-4',
};
const PIECES = [
  '-',
  ',',
  ';',
  '=',
  ':',
  '@',
  '/',
  '0',
  '00',
  'ff',
  ID,
  SPAN,
  'Root=',
  'a=b',
  'th:',
  '_dd.p.tid=',
  '\t',
];
const GETTER = {
  keys: (headers: Record<string, string>) => Object.keys(headers),
  get: (headers: Record<string, string>, name: string) => headers[name],
};

const headers = fc.record(
  Object.fromEntries(Object.entries(VALID).map(([name, valid]) => [name, textsNear([valid], PIECES)])),
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string>>;

export const headerTargets: readonly Target[] = [
  ...propagatorNames.map((name) => {
    const [propagator] = propagatorsByName([name]);
    if (propagator === undefined) throw new Error(`There is no propagator ${name}`);
    const everything = compositePropagator({ inject: [...propagatorNames] });
    return target(
      `the headers of ${name}`,
      headers,
      (given) => {
        const read = propagator.extract(ROOT_CONTEXT, given, GETTER);
        const written: Record<string, string> = {};
        everything.inject(read, written, {
          set: (carrier, key, value) => void Object.assign(carrier, { [key]: value }),
        });
        return { read, written };
      },
      ({ read, written }) => {
        const span = trace.getSpanContext(read);
        must(span === undefined || /^(?!0+$)[\da-f]{32}$/.test(span.traceId), () => `trace id ${span?.traceId}`);
        must(span === undefined || /^(?!0+$)[\da-f]{16}$/.test(span.spanId), () => `span id ${span?.spanId}`);
        for (const [header, value] of Object.entries(written)) {
          must(/^[!#$%&'*+\-.^_`|~\w]+$/.test(header), () => `the name of a header ${JSON.stringify(header)}`);
          must(/^[\t -~]{0,8192}$/.test(value), () => `${header}: ${JSON.stringify(value.slice(0, 200))}`);
        }
        must((propagation.getBaggage(read)?.getAllEntries().length ?? 0) <= 512, () => 'too much baggage');
        must(context.active() === ROOT_CONTEXT, () => 'a context was left behind');
      },
    );
  }),
  target(
    'what a response says of a kept trace (Server-Timing)',
    fc.oneof(
      textsNear([`trace;desc=00-${ID}-${SPAN}-01, cache;desc=hit;dur=2.4`], [...PIECES, 'trace;desc=', 'desc="']),
      fc.constantFrom<unknown>(undefined, 7, null, ['a', 'b'], []),
    ),
    (header) => saysKept(header, ID),
    (says) => must(typeof says === 'boolean', () => `answered ${says}`),
  ),
  target(
    'correlation ids',
    textsNear(
      ['7f3c2b10-99aa-4f0e-8a6b-0d4f1f9f2c11', 'req_1', 'a'.repeat(128)],
      ['\r\n', '<', '${jndi:', '\u2028', '.'],
    ),
    (text) => requestId()({ headers: { 'x-request-id': text } }),
    (id) => must(/^[!-~]{1,200}$/.test(id), () => `an id ${JSON.stringify(id.slice(0, 200))}`),
  ),
  target(
    'queries with credentials in them',
    textsNear(
      ['token=s3cr3t&id=7', 'id=7&password=s3cr3t', 'a=b&Signature=s3cr3t&c'],
      ['&', '=', '?', '#', 'token=', '%74oken=', '+'],
    ),
    (query) => {
      const redact = queryRedactor(['own']);
      const once = redact(query);
      return { once, twice: redact(once) };
    },
    ({ once, twice }, query) => {
      must(once === twice, () => `not the same again: ${once} and ${twice}`);
      must(once.length <= query.length * 10 + 20, () => 'longer by far');
      must(
        !/(?:^|&)(?:token|password|signature|own)=(?!REDACTED(?:&|$))[^&]/i.test(once),
        () => `left: ${once.slice(0, 200)}`,
      );
    },
  ),
];
