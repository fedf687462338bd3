import type { EventRequest } from '@throughline/core/event-exchange';
import type { Trigger } from './function-attributes.ts';

/** As much as is read of the events that AWS documents; everything else is the handler's. */
export type LambdaEvent = {
  readonly version?: unknown;
  readonly httpMethod?: unknown;
  readonly path?: unknown;
  readonly resource?: unknown;
  readonly rawPath?: unknown;
  readonly rawQueryString?: unknown;
  readonly routeKey?: unknown;
  readonly headers?: Headers | null;
  readonly multiValueHeaders?: Record<string, readonly string[] | undefined> | null;
  readonly queryStringParameters?: Headers | null;
  readonly multiValueQueryStringParameters?: Record<string, readonly string[] | undefined> | null;
  readonly requestContext?: RequestContext;
  readonly Records?: readonly LambdaRecord[];
  readonly source?: unknown;
  readonly 'detail-type'?: unknown;
};

type Headers = Record<string, string | undefined>;

type RequestContext = {
  readonly http?: { readonly method?: unknown; readonly sourceIp?: unknown; readonly protocol?: unknown };
  readonly identity?: { readonly sourceIp?: unknown };
  readonly protocol?: unknown;
  readonly elb?: unknown;
};

/** One record of what a queue, a topic, a bucket or a table delivers. */
export type LambdaRecord = {
  readonly eventSource?: unknown;
  readonly EventSource?: unknown;
  readonly eventSourceARN?: unknown;
  readonly messageAttributes?: Record<string, unknown>;
  readonly attributes?: Record<string, unknown>;
};

/** The request in an event of API Gateway (REST or HTTP), a function URL or a load balancer; `undefined` if it is none. */
export function requestOf(event: LambdaEvent): EventRequest | undefined {
  const { requestContext, httpMethod, rawPath } = event;
  const http = requestContext?.http;
  // Version 2.0 of the format: HTTP APIs and function URLs.
  const method = textOf(http?.method) ?? textOf(httpMethod);
  const path = textOf(rawPath) ?? textOf(event.path);
  if (method === undefined || path === undefined) return undefined;
  const query = textOf(event.rawQueryString) ?? queryOf(event);
  const header = headerReader(event);
  const sourceIp = textOf(http?.sourceIp) ?? textOf(requestContext?.identity?.sourceIp);
  const protocol = textOf(http?.protocol) ?? textOf(requestContext?.protocol);
  return {
    method,
    target: query === '' ? path : `${path}?${query}`,
    route: routeOf(event),
    header,
    scheme: header('x-forwarded-proto') ?? 'https',
    host: header('host'),
    protocolVersion: protocol?.replace('HTTP/', '') ?? '1.1',
    // The connection is the platform's; only a load balancer leaves it at saying so in a header.
    peerAddress: undefined,
    peerPort: undefined,
    clientAddress: sourceIp ?? lastForwarded(header('x-forwarded-for')),
    userAgent: header('user-agent'),
  };
}

/** What made the function run, where it was no request and no queue. */
export function triggerOf({ Records, source, 'detail-type': detailType }: LambdaEvent): Trigger {
  if (detailType === 'Scheduled Event' || source === 'aws.scheduler') return 'timer';
  if (typeof detailType === 'string') return 'pubsub';
  const from = sourceOf(Records?.[0]);
  if (from === 'aws:sns') return 'pubsub';
  if (from === 'aws:s3' || from === 'aws:dynamodb') return 'datasource';
  return 'other';
}

/** The service that a record comes from, such as `aws:sqs`. */
export function sourceOf(record: LambdaRecord | undefined): string | undefined {
  return textOf(record?.eventSource) ?? textOf(record?.EventSource);
}

// `GET /items/{id}`, or `$default` if nothing matched; REST APIs have the path alone.
function routeOf({ routeKey, resource }: LambdaEvent): string | undefined {
  const route = textOf(routeKey)?.split(' ')[1] ?? textOf(resource);
  return route === undefined || route.includes('{proxy+}') ? undefined : route;
}

function headerReader({ headers, multiValueHeaders }: LambdaEvent): (name: string) => string | undefined {
  const values = new Map<string, string>();
  for (const [name, list] of Object.entries(multiValueHeaders ?? {}))
    if (Array.isArray(list)) values.set(name.toLowerCase(), list.join(', '));
  for (const [name, value] of Object.entries(headers ?? {}))
    if (typeof value === 'string') values.set(name.toLowerCase(), value);
  return (name) => values.get(name);
}

// What a gateway has decoded, a load balancer has left as it came; encoding what is encoded would hide a credential's name.
function queryOf({ queryStringParameters, multiValueQueryStringParameters, requestContext }: LambdaEvent): string {
  const encode = requestContext?.elb === undefined ? encodeURIComponent : (text: string) => text;
  const lists = Object.entries(multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
    (values ?? []).map((value): [string, string] => [name, value]),
  );
  const pairs = lists.length > 0 ? lists : Object.entries(queryStringParameters ?? {});
  return pairs.map(([name, value = '']) => `${encode(name)}=${encode(value)}`).join('&');
}

// Whoever sends a request may have put something before what the load balancer appends.
function lastForwarded(value: string | undefined): string | undefined {
  return value?.split(',').at(-1)?.trim();
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
