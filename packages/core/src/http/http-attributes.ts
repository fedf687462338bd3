import {
  type ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_HEADER,
  type ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_HEADER,
  type ATTR_HTTP_ROUTE,
  type ATTR_NETWORK_PEER_ADDRESS,
  type ATTR_NETWORK_PEER_PORT,
  type ATTR_NETWORK_PROTOCOL_VERSION,
  type ATTR_SERVER_ADDRESS,
  type ATTR_SERVER_PORT,
  type ATTR_URL_FULL,
  type ATTR_URL_PATH,
  type ATTR_URL_QUERY,
  type ATTR_URL_SCHEME,
  type ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import type { CallUrl } from '../client/call-url.ts';
import type { AttributeItems } from '../span/span-start.ts';
import { KNOWN_METHODS } from './known-methods.ts';
import { type QueryRedactor, redactUrl } from './redaction.ts';
import { defaultPort, serverOf } from './server-address.ts';

/** The time from the start of the span to the response headers, in milliseconds; left out where the response ended with them. */
export const ATTR_TIME_TO_FIRST_BYTE = 'throughline.time_to_first_byte_ms';
/** The correlation ID of the request. */
export const ATTR_REQUEST_ID = 'throughline.request_id';
/** `sse` or `upgrade` where the span's duration is that of a connection kept open on purpose, not of work. */
export const ATTR_LONG_LIVED = 'throughline.long_lived';
/** `true` where the caller gave the call up; that is no error. */
export const ATTR_CANCELLED = 'throughline.cancelled';

const NEVER_RECORDED = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);
const MAX_METHOD_LENGTH = 32;
const MAX_TEXT_LENGTH = 4096;

/** What an adapter knows of an inbound request, in HTTP's terms. */
export type InboundRequest = {
  readonly method: string;
  /** The matched route template, where it is known already. */
  readonly route?: string | undefined;
  /** The request target as it came: path and query, or the absolute form. */
  readonly target: string;
  readonly scheme: string;
  /** The `Host` header or its HTTP/2 equivalent, or what a trusted proxy says of it. */
  readonly host: string | undefined;
  readonly protocolVersion: string;
  readonly peerAddress: string | undefined;
  readonly peerPort: number | undefined;
  /** Whom a trusted proxy names as the client. */
  readonly clientAddress: string | undefined;
  readonly userAgent: string | undefined;
};

// Written-out names are compared with those of the conventions by the compiler.
type ClientItems = [
  typeof ATTR_HTTP_REQUEST_METHOD,
  string,
  typeof ATTR_URL_FULL,
  string,
  typeof ATTR_SERVER_ADDRESS,
  string,
  typeof ATTR_SERVER_PORT,
  number,
  ...AttributeItems,
];
type ServerItems = [
  typeof ATTR_HTTP_REQUEST_METHOD,
  string,
  typeof ATTR_HTTP_ROUTE,
  string | undefined,
  typeof ATTR_URL_PATH,
  string,
  typeof ATTR_URL_SCHEME,
  string,
  typeof ATTR_NETWORK_PROTOCOL_VERSION,
  string,
  typeof ATTR_SERVER_ADDRESS,
  string | undefined,
  typeof ATTR_SERVER_PORT,
  number | undefined,
  typeof ATTR_NETWORK_PEER_ADDRESS,
  string | undefined,
  typeof ATTR_CLIENT_ADDRESS,
  string | undefined,
  typeof ATTR_USER_AGENT_ORIGINAL,
  string | undefined,
  typeof ATTR_URL_QUERY,
  string | undefined,
  typeof ATTR_NETWORK_PEER_PORT,
  number | undefined,
  ...AttributeItems,
];

/** The method as the conventions want it in attributes: `_OTHER` if it is not a known one. */
export function knownMethod(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER';
}

/** The method as the conventions want it in span names: `HTTP` if it is not a known one. */
export function methodInName(method: string): string {
  return KNOWN_METHODS.has(method) ? method : 'HTTP';
}

/** Attributes of a SERVER span that are known when it starts, with room for those of its end. */
export function inboundAttributes(request: InboundRequest, redactQuery: QueryRedactor): AttributeItems {
  const { method, scheme } = request;
  const target = withoutFragment(request.target);
  const pathStart = startOfPath(target);
  const mark = target.indexOf('?', pathStart);
  const path = bounded(pathStart === 0 && mark < 0 ? target : target.slice(pathStart, mark < 0 ? undefined : mark));
  const query = mark >= 0 && mark + 1 < target.length ? bounded(redactQuery(target.slice(mark + 1))) : undefined;
  // RFC 9112, 3.2.2: a target in absolute form overrules the Host header.
  const host = pathStart > 0 ? authorityOf(target, pathStart) : request.host;
  const server = host === undefined ? undefined : serverOf(host);
  const { peerAddress, userAgent } = request;
  const known = knownMethod(method);
  // One literal: a list that grows is copied. What is seldom there, and what every connection has another of, comes last: what is the
  // same as in the request before is in one piece.
  const items: ServerItems = [
    'http.request.method',
    known,
    'http.route',
    request.route,
    'url.path',
    path || '/',
    'url.scheme',
    scheme,
    'network.protocol.version',
    request.protocolVersion,
    'server.address',
    server?.address,
    'server.port',
    // Who leaves the port out means the scheme's: the CLIENT span of the same request has it too.
    server === undefined ? undefined : (server.port ?? defaultPort(scheme)),
    'network.peer.address',
    peerAddress,
    'client.address',
    request.clientAddress ?? peerAddress,
    'user_agent.original',
    userAgent === undefined ? undefined : bounded(userAgent),
    'url.query',
    query,
    'network.peer.port',
    peerAddress === undefined ? undefined : request.peerPort,
    // Room for the correlation ID and the status.
    '',
    undefined,
    '',
    undefined,
  ];
  if (known !== method) items.push(ATTR_HTTP_REQUEST_METHOD_ORIGINAL, method.slice(0, MAX_METHOD_LENGTH));
  return items;
}

/** Attributes of a CLIENT span that are known when it starts. */
export function outboundAttributes(
  method: string,
  { href, origin }: CallUrl,
  redactQuery: QueryRedactor,
): AttributeItems {
  const known = knownMethod(method);
  const items: ClientItems = [
    'http.request.method',
    known,
    'url.full',
    bounded(redactUrl(href, redactQuery)),
    'server.address',
    origin.address,
    'server.port',
    origin.port,
    // Room for the peer, the protocol and the status.
    '',
    undefined,
    '',
    undefined,
    '',
    undefined,
    '',
    undefined,
  ];
  if (known !== method) items.push(ATTR_HTTP_REQUEST_METHOD_ORIGINAL, method.slice(0, MAX_METHOD_LENGTH));
  return items;
}

/** Adds allow-listed headers of a request or a response to a list. */
export type HeaderRecorder = (items: AttributeItems, header: (name: string) => unknown) => void;

/** Makes the function that copies these headers; `undefined` where there are none to copy. */
export function headerRecorder(
  direction: 'request' | 'response',
  names: readonly string[] = [],
): HeaderRecorder | undefined {
  const prefix = direction === 'request' ? ATTR_HTTP_REQUEST_HEADER : ATTR_HTTP_RESPONSE_HEADER;
  const recorded = new Set(names.map((name) => name.toLowerCase()).filter((name) => !NEVER_RECORDED.has(name)));
  if (recorded.size === 0) return undefined;
  const keys = Array.from(recorded, (name) => [name, prefix(name)] as const);
  return (items, header) => {
    for (const [name, key] of keys) {
      const value = header(name);
      if (value === undefined) continue;
      items.push(key, Array.isArray(value) ? value.map(boundedText) : [boundedText(value)]);
    }
  };
}

// RFC 9112, 3.2: no target has a fragment; where one does anyway, routers do not take it for a part of the path either.
function withoutFragment(target: string): string {
  const hash = target.indexOf('#');
  return hash < 0 ? target : target.slice(0, hash);
}

// RFC 9112, 3.2: origin-form, absolute-form, or the asterisk; anything else is reported as it came.
function startOfPath(target: string): number {
  if (target.charCodeAt(0) === 47) return 0;
  const authority = /^[a-z][a-z0-9+.-]{0,20}:\/\//i.exec(target);
  if (authority === null) return 0;
  const slash = target.indexOf('/', authority[0].length);
  const mark = target.indexOf('?', authority[0].length);
  if (slash >= 0 && (mark < 0 || slash < mark)) return slash;
  return mark >= 0 ? mark : target.length;
}

function authorityOf(target: string, pathStart: number): string {
  const authority = target.slice(target.indexOf('://') + 3, pathStart);
  return authority.slice(authority.lastIndexOf('@') + 1);
}

function boundedText(value: unknown): string {
  return bounded(String(value));
}

function bounded(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
}
