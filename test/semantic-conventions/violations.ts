import type { RecordedSpan } from '@throughline/testkit';
import {
  type Fact,
  HTTP_ATTRIBUTES,
  METHODS,
  NAMESPACES,
  OTHER_ATTRIBUTES,
  SENSITIVE_PARAMETERS,
} from './http-model.ts';

/** What really happened in an exchange or a call, as far as it is not to be left open. */
export type Truth = {
  readonly failed: boolean;
  /** The status that was sent or received; `undefined` if none was. */
  readonly status: number | undefined;
  /** SERVER: the template of the route that answered. */
  readonly route?: string;
  /** The query that was sent. */
  readonly query?: string;
  /** Recommended attributes that nobody can know here. */
  readonly unknown?: readonly string[];
};

/** An attribute of a span by its name. */
type Attributes = Readonly<Record<string, unknown>>;

/** Everything about an HTTP span that the conventions do not allow, as sentences; `started` is what a sampler saw. */
export function violationsOf(span: RecordedSpan, started: Attributes | undefined, truth: Truth): string[] {
  const { attributes, kind } = span;
  if (kind !== 'SERVER' && kind !== 'CLIENT') return [`the kind is ${kind}`];
  return [
    ...Object.entries(attributes).flatMap(([name, value]) => attributeViolations(name, value, started?.[name])),
    ...requirementViolations(attributes, kind, truth),
    ...nameViolations(span),
    ...statusViolations(span, truth),
    ...urlViolations(attributes, kind),
    ...span.exceptions.flatMap(({ type, message }) => (type || message ? [] : ['an exception says nothing'])),
  ];
}

function attributeViolations(name: string, value: unknown, started: unknown): string[] {
  const fact = factOf(name);
  if (fact === undefined) {
    return NAMESPACES.includes(name.split('.', 1)[0] as string) ? [`${name} is not in the registry`] : [];
  }
  const violations: string[] = [];
  if (typeOf(value) !== fact.type) violations.push(`${name} is ${typeOf(value)}, not ${fact.type}`);
  if (fact.stability !== 'stable') violations.push(`${name} is not stable`);
  if (fact.atStart && JSON.stringify(started) !== JSON.stringify(value)) {
    violations.push(`${name} was ${started} at the start`);
  }
  return violations;
}

function factOf(name: string): Fact | undefined {
  const template = /^http\.(request|response)\.header\.(?=[a-z0-9_-]+$)/.exec(name)?.[0];
  return HTTP_ATTRIBUTES[template ?? name] ?? OTHER_ATTRIBUTES[name];
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `${value.every((item) => typeof item === 'string') ? 'string' : 'mixed'}[]`;
  return Number.isInteger(value) ? 'int' : typeof value;
}

function requirementViolations(attributes: Attributes, kind: 'SERVER' | 'CLIENT', truth: Truth): string[] {
  // Whether the condition of an attribute holds: it must be there exactly then.
  const conditions: Record<string, boolean> = {
    'error.type': truth.failed,
    'http.request.method_original': attributes['http.request.method'] === '_OTHER',
    'http.response.status_code': truth.status !== undefined,
    'http.route': truth.route !== undefined,
    'network.protocol.name': false, // it is `http` always
    'server.port': 'server.address' in attributes,
    'url.query': truth.query !== undefined,
  };
  const unknown = new Set(['http.request.resend_count', ...(truth.unknown ?? [])]);
  return Object.entries(HTTP_ATTRIBUTES).flatMap(([name, fact]) => {
    const requirement = fact[kind];
    const there = name in attributes;
    if (requirement === undefined) return there ? [`${name} is not for ${kind} spans`] : [];
    if (requirement === 'conditional') {
      return there === conditions[name] ? [] : [`${name} is ${there ? 'there without need' : 'missing'}`];
    }
    const missing = !there && requirement !== 'opt-in' && !(requirement === 'recommended' && unknown.has(name));
    return missing ? [`${name} is missing`] : [];
  });
}

function nameViolations({ name, kind, attributes }: RecordedSpan): string[] {
  const method = attributes['http.request.method'];
  const original = attributes['http.request.method_original'];
  const target = kind === 'SERVER' ? attributes['http.route'] : undefined;
  const expected = [method === '_OTHER' ? 'HTTP' : method, target].filter((part) => part !== undefined).join(' ');
  const violations = name === expected ? [] : [`the name is ${name}, not ${expected}`];
  if (method !== '_OTHER' && !METHODS.includes(String(method))) violations.push(`the method ${method} is not known`);
  if (METHODS.includes(String(original))) violations.push(`the method ${original} is known`);
  return violations;
}

function statusViolations(
  { status, statusMessage, kind, attributes, exceptions }: RecordedSpan,
  truth: Truth,
): string[] {
  const code = attributes['http.response.status_code'];
  const violations: string[] = [];
  if (status !== (truth.failed ? 'ERROR' : 'UNSET')) violations.push(`the status is ${status}`);
  if (code !== truth.status) violations.push(`the status code is ${code}`);
  if (Number(code) >= (kind === 'SERVER' ? 500 : 400) && status !== 'ERROR') violations.push(`${code} is an error`);
  // https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: no description of what the status code tells.
  if (statusMessage !== undefined && exceptions.length === 0) violations.push('the status has a needless description');
  return violations;
}

function urlViolations(attributes: Attributes, kind: 'SERVER' | 'CLIENT'): string[] {
  const violations: string[] = [];
  if (kind === 'SERVER') {
    const path = String(attributes['url.path']);
    if (/[?#]|^[a-z]+:/.test(path)) violations.push(`url.path is ${path}`);
  } else if (!/^https?:\/\/(REDACTED:REDACTED@)?[^@/?#]+\/[^#]*$/.test(String(attributes['url.full']))) {
    violations.push(`url.full is ${attributes['url.full']}`);
  }
  const query = kind === 'SERVER' ? attributes['url.query'] : String(attributes['url.full']).split('?')[1];
  for (const parameter of String(query ?? '').split('&')) {
    const [name, value] = parameter.split('=');
    if (SENSITIVE_PARAMETERS.includes(name as string) && value !== 'REDACTED') violations.push(`${name} is shown`);
  }
  return violations;
}
