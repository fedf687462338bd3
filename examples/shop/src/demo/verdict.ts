import { type ExpectedSpan, OPTIONAL_SPAN, scenarios } from './scenarios.ts';
import type { Answer, LogLine, ShopSpan, Trace } from './trace.ts';

const MAX_DEPTH = 50;

/**
 * Compares the trace of a request with what the load generator saw and with what its scenario must leave. Returns what
 * is wrong, in words; nothing if the trace is complete and every log line belongs to it.
 */
export function judge(answer: Answer, { spans, lines }: Trace): string[] {
  const scenario = scenarios.get(answer.scenario);
  if (scenario === undefined) return [`there is no scenario ${answer.scenario}`];
  if (answer.status === undefined) return [`no answer: ${answer.failure}`];
  if (answer.requestId === undefined) return ['the response has no x-request-id'];
  if (spans.length === 0) return [`no trace has the request id ${answer.requestId}`];
  const failing = scenario.outcomes[answer.status];
  const { tree, cachedTree = tree } = scenario;
  const expected = answer.cached === true ? cachedTree : tree;
  return [
    ...(failing === undefined ? [`unexpected status ${answer.status}`] : failureProblems(spans, failing)),
    ...linkProblems(spans),
    ...handlerProblems(spans, lines),
    ...treeProblems(spans.filter(isNoWait), expected),
    ...requestProblems(spans, answer.requestId, answer.status),
    ...lines.flatMap((line) => lineProblems(line, spans, answer.requestId)),
    ...silenceProblems(lines, expected),
  ];
}

function failureProblems(spans: readonly ShopSpan[], expected: readonly string[]): string[] {
  const failed = spans.filter((span) => span.kind === 'SERVER' && span.error !== undefined).map((span) => span.service);
  const same = failed.sort().join(', ') === [...expected].sort().join(', ');
  return same
    ? []
    : [`SERVER spans with an error: ${failed.join(', ') || 'none'}, expected ${expected.join(', ') || 'none'}`];
}

// No client waits for a handler of messages: whether it failed, its log lines say.
function handlerProblems(spans: readonly ShopSpan[], lines: readonly LogLine[]): string[] {
  return spans
    .filter(({ kind }) => kind === 'CONSUMER')
    .filter(({ service, error }) => (error !== undefined) !== lines.some((line) => isErrorOf(service, line)))
    .map(
      (span) => `${label(span)} ${span.error === undefined ? 'has no error' : 'has an error'}, its lines say otherwise`,
    );
}

function isErrorOf(service: string, line: LogLine): boolean {
  return line.service === service && line.level === 'error';
}

function isNoWait({ spanId, name }: ShopSpan, _index: number, all: readonly ShopSpan[]): boolean {
  return name !== OPTIONAL_SPAN || all.some(({ parentSpanId }) => parentSpanId === spanId);
}

function linkProblems(spans: readonly ShopSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanId));
  const roots = spans.filter((span) => span.parentSpanId === undefined).length;
  return [
    ...(roots === 1 ? [] : [`${roots} spans without a parent`]),
    ...(ids.size === spans.length ? [] : ['two spans have the same id']),
    ...(new Set(spans.map((span) => span.traceId)).size === 1 ? [] : ['spans of several traces']),
    ...spans
      .filter((span) => span.parentSpanId !== undefined && !ids.has(span.parentSpanId))
      .map((span) => `the parent of ${label(span)} is missing`),
  ];
}

// Both trees as lists of paths from the root: what one has and the other lacks is wrong. Calls of one service may have
// the same path, so the shapes below the roots have to be the same too.
function treeProblems(spans: readonly ShopSpan[], tree: ExpectedSpan): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const surplus = spans.map((span) => pathOf(span, byId));
  const missing: string[] = [];
  for (const path of expectedPaths(tree)) {
    const index = surplus.indexOf(path);
    if (index < 0) missing.push(path);
    else surplus.splice(index, 1);
  }
  if (missing.length > 0 || surplus.length > 0) {
    return [
      ...topmost(missing).map((path) => `missing: ${path}`),
      ...topmost(surplus).map((path) => `not expected: ${path}`),
    ];
  }
  return shapeOf(undefined, spans) === expectedShape([tree])
    ? []
    : ['a span is below the wrong one of two equal calls'];
}

// What is below a span that is missing, or too much, is so too; that goes without saying.
function topmost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((above) => path.startsWith(`${above} > `)));
}

function pathOf(span: ShopSpan, byId: ReadonlyMap<string, ShopSpan>): string {
  const path: string[] = [];
  let next: ShopSpan | undefined = span;
  while (next !== undefined && path.length < MAX_DEPTH) {
    path.unshift(label(next));
    next = next.parentSpanId === undefined ? undefined : byId.get(next.parentSpanId);
  }
  return path.join(' > ');
}

function expectedPaths(span: ExpectedSpan, above = ''): string[] {
  const path = above + label(span);
  return [path, ...span.children.flatMap((child) => expectedPaths(child, `${path} > `))];
}

function shapeOf(parentSpanId: string | undefined, spans: readonly ShopSpan[], depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  const children = spans.filter((span) => span.parentSpanId === parentSpanId);
  return children
    .map((span) => `${label(span)}(${shapeOf(span.spanId, spans, depth + 1)})`)
    .sort()
    .join();
}

function expectedShape(children: readonly ExpectedSpan[]): string {
  return children
    .map((span) => `${label(span)}(${expectedShape(span.children)})`)
    .sort()
    .join();
}

function requestProblems(spans: readonly ShopSpan[], requestId: string, status: number): string[] {
  const servers = spans.filter((span) => span.kind === 'SERVER');
  const root = servers.find((span) => span.parentSpanId === undefined);
  return [
    ...(root === undefined || root.status === String(status)
      ? []
      : [`the root says status ${root.status}, the client saw ${status}`]),
    ...servers
      .filter((span) => span.requestId !== requestId)
      .map((span) => `${label(span)} has the request id ${span.requestId}, the client saw ${requestId}`),
  ];
}

function lineProblems(line: LogLine, spans: readonly ShopSpan[], requestId: string | undefined): string[] {
  const owner = spans.find((span) => span.spanId === line.spanId);
  const text = `the line "${line.message}" of ${line.service}`;
  if (owner === undefined) return [`${text} belongs to no span`];
  if (owner.service !== line.service) return [`${text} belongs to a span of ${owner.service}`];
  return line.requestId === requestId ? [] : [`${text} has the request id ${line.requestId}`];
}

function silenceProblems(lines: readonly LogLine[], tree: ExpectedSpan): string[] {
  return silentServices(lines, tree).map((service) => `no log line of ${service}`);
}

/** The services of a tree that have not written a line yet. */
export function silentServices(lines: readonly LogLine[], tree: ExpectedSpan): string[] {
  const speaking = new Set(lines.map((line) => line.service));
  return [...servicesOf(tree)].filter((service) => !speaking.has(service));
}

function servicesOf(span: ExpectedSpan): Set<string> {
  return new Set([span.service, ...span.children.flatMap((child) => [...servicesOf(child)])]);
}

function label({ service, kind, name }: { service: string; kind: string; name: string }): string {
  return `${service} ${kind} ${name}`;
}
