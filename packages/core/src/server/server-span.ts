import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { context } from '../context/registered-api.ts';
import { ignoredContext } from '../context/suppression.ts';
import { methodInName } from '../http/http-attributes.ts';
import { randomSpanId, randomTraceId } from '../random-ids.ts';
import { callSafely } from '../span/failure.ts';
import { type AttributeItems, startSpanWith } from '../span/span-start.ts';
import type { InboundContext } from './trust.ts';

/** Starts the SERVER span of an exchange. `describe` should tell all that a sampler may want to see, the route too. */
export function startServerSpan<Subject>(
  tracer: Tracer,
  method: string,
  route: string | undefined,
  describe: (subject: Subject) => AttributeItems,
  subject: Subject,
  { parent, links }: InboundContext,
): Span {
  return startSpanWith(tracer, spanName(method, route), SpanKind.SERVER, links, describe, subject, parent);
}

/** The context of an exchange that nobody traces: it has ids, and what it causes is told to be unsampled. */
export function untracedContext({ parent }: InboundContext): Context {
  const ids = trace.getSpanContext(parent) ?? { traceId: randomTraceId(), spanId: randomSpanId() };
  return ignoredContext(parent, { ...ids, traceFlags: TraceFlags.NONE });
}

/**
 * The SERVER span of this very request that is active already, made in this process by somebody else. SDK spans show
 * their kind and attributes although the API does not declare them.
 */
export function localServerSpan(target: string): Span | undefined {
  const around = context.active();
  if (around === ROOT_CONTEXT) return undefined; // as for most requests
  const active = trace.getSpan(around) as (Span & { kind?: SpanKind; attributes?: Attributes }) | undefined;
  if (active === undefined || active.kind !== SpanKind.SERVER || !active.isRecording()) return undefined;
  const seen = active.attributes?.['url.path'] ?? active.attributes?.['http.target'];
  return typeof seen === 'string' && !target.startsWith(seen.split('?', 1)[0] as string) ? undefined : active;
}

/** Which response statuses make a SERVER span an error: what the application says, or, where that fails, 500 and above. */
export function serverErrorRule(
  isError: ((statusCode: number) => boolean) | undefined,
): (statusCode: number) => boolean {
  if (isError === undefined) return isServerError;
  return (statusCode) => callSafely('isError', isError, statusCode) ?? isServerError(statusCode);
}

function isServerError(statusCode: number): boolean {
  return statusCode >= 500;
}

const MAX_NAMES = 1000;
// By route, then by method. Routes are templates, but for those that an application makes up.
const names = new Map<string, Map<string, string>>();
// Mostly it is that of the request before.
let lastMethod: string | undefined;
let lastRoute: string | undefined;
let lastName = '';

/** The name of a SERVER span: `{method} {route}`, or `{method}` alone. */
export function spanName(method: string, route: string | undefined): string {
  if (method === lastMethod && route === lastRoute) return lastName;
  lastName = nameOf(method, route);
  lastMethod = method;
  lastRoute = route;
  return lastName;
}

function nameOf(method: string, route: string | undefined): string {
  if (route === undefined) return methodInName(method);
  let ofRoute = names.get(route);
  if (ofRoute === undefined) {
    if (names.size >= MAX_NAMES) names.clear();
    ofRoute = new Map();
    names.set(route, ofRoute);
  }
  const inName = methodInName(method);
  const known = ofRoute.get(inName);
  if (known !== undefined) return known;
  const name = `${inName} ${route}`;
  ofRoute.set(inName, name);
  return name;
}
