import { routeExpression } from '../route-expression.ts';
import type { SamplingRule } from '../sampling-rule.ts';
import type { KeepSettings } from '../tail/keep-options.ts';

/**
 * Conditions in the OpenTelemetry Transformation Language, which the Collector evaluates for every span of a trace.
 * https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl
 */

/** The first span of a trace, which head rules look at. */
const ROOT = 'IsRootSpan()';
/** The first span of a process, which says how long the process took. */
const ENTRY = `(${ROOT} or span.kind == SPAN_KIND_SERVER or span.kind == SPAN_KIND_CONSUMER)`;
const NANOSECONDS = 1_000_000;

/** The root span of a trace to which a rule applies, and none of those before it. */
export function rootOf(rule: SamplingRule, before: readonly SamplingRule[]): string {
  return [ROOT, ...before.map(unless), ...conditionsOf(rule)].join(' and ');
}

/** The root span of a trace to which no rule applies. */
export function rootOfNone(rules: readonly SamplingRule[]): string {
  return [ROOT, ...rules.map(unless)].join(' and ');
}

/** A span that has failed, as the tail hold sees it: an answer of 4xx is none. */
export function failed(): string {
  const status = attribute('http.response.status_code');
  const type = attribute('error.type');
  const clientFault = `(span.kind == SPAN_KIND_CLIENT and ${status} != nil and ${status} >= 400 and ${status} < 500)`;
  return [
    `(${status} != nil and ${status} >= 500)`,
    `(${type} != nil and not IsMatch(${type}, "^4[0-9][0-9]$"))`,
    `(span.status.code == STATUS_CODE_ERROR and not ${clientFault})`,
  ].join(' or ');
}

/** The first span of a process that took too long; event streams and sockets may take their time. */
export function slow(
  settings: Pick<KeepSettings, 'slowerThan'>,
  routes: readonly (readonly [string, number])[],
): string {
  const limits = routes.map(([pattern, milliseconds], index) =>
    [
      ...routes.slice(0, index).map(([earlier]) => `not ${onRoute(earlier)}`),
      onRoute(pattern),
      tookOver(milliseconds),
    ].join(' and '),
  );
  if (typeof settings.slowerThan === 'number')
    limits.push([...routes.map(([pattern]) => `not ${onRoute(pattern)}`), tookOver(settings.slowerThan)].join(' and '));
  const calm = `${attribute('throughline.long_lived')} == nil and not (${attribute('http.response.status_code')} == 101)`;
  return `${ENTRY} and ${calm} and (${limits.map((limit) => `(${limit})`).join(' or ')})`;
}

function unless(rule: SamplingRule): string {
  return `not (${conditionsOf(rule).join(' and ')})`;
}

function conditionsOf({ route, method, attributes = {} }: SamplingRule): string[] {
  const conditions: string[] = [];
  if (route !== undefined || method !== undefined) conditions.push('span.kind == SPAN_KIND_SERVER');
  if (route !== undefined) conditions.push(onRoute(route));
  if (method !== undefined) {
    const key = attribute('http.request.method');
    const names = [method].flat().map((name) => `${key} == ${text(name.toUpperCase())}`);
    conditions.push(`(${names.join(' or ')})`);
  }
  for (const [name, value] of Object.entries(attributes)) {
    const key = attribute(name);
    const wanted = typeof value === 'string' ? text(value) : String(value);
    conditions.push(`(${key} == ${wanted} or (IsList(${key}) and ContainsValue(${key}, ${wanted})))`);
  }
  return conditions;
}

function onRoute(pattern: string): string {
  const expression = text(routeExpression(pattern));
  const tests = ['http.route', 'url.path'].map(
    (name) => `(${attribute(name)} != nil and IsMatch(${attribute(name)}, ${expression}))`,
  );
  return `(${tests.join(' or ')})`;
}

function tookOver(milliseconds: number): string {
  return `span.end_time_unix_nano - span.start_time_unix_nano > ${Math.round(milliseconds * NANOSECONDS)}`;
}

function attribute(name: string): string {
  return `span.attributes[${text(name)}]`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
