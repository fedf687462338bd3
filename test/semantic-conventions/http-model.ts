// What the semantic conventions say of HTTP spans, as of v1.44.0, read from their model (`span.http.server`,
// `span.http.client` and the registry): https://github.com/open-telemetry/semantic-conventions/tree/v1.44.0/model

/** Whether a span must have an attribute. A condition is in `violations.ts`, by the name of the attribute. */
export type Requirement = 'required' | 'conditional' | 'recommended' | 'opt-in';

export type Fact = {
  readonly type: 'string' | 'int' | 'string[]';
  readonly stability: 'stable' | 'development';
  readonly SERVER?: Requirement;
  readonly CLIENT?: Requirement;
  /** Whether samplers may look at it, so that it is to be given when the span starts. */
  readonly atStart?: true;
};

/** The attributes of HTTP spans. A name that ends in a dot stands for every name that begins so. */
export const HTTP_ATTRIBUTES: Readonly<Record<string, Fact>> = {
  'client.address': { type: 'string', stability: 'stable', SERVER: 'recommended', atStart: true },
  'client.port': { type: 'int', stability: 'stable', SERVER: 'opt-in' },
  'error.type': { type: 'string', stability: 'stable', SERVER: 'conditional', CLIENT: 'conditional' },
  'http.request.header.': { type: 'string[]', stability: 'stable', SERVER: 'opt-in', CLIENT: 'opt-in', atStart: true },
  'http.request.method': {
    type: 'string',
    stability: 'stable',
    SERVER: 'required',
    CLIENT: 'required',
    atStart: true,
  },
  'http.request.method_original': {
    type: 'string',
    stability: 'stable',
    SERVER: 'conditional',
    CLIENT: 'conditional',
  },
  'http.request.resend_count': { type: 'int', stability: 'stable', CLIENT: 'recommended' },
  'http.response.header.': { type: 'string[]', stability: 'stable', SERVER: 'opt-in', CLIENT: 'opt-in' },
  'http.response.status_code': { type: 'int', stability: 'stable', SERVER: 'conditional', CLIENT: 'conditional' },
  'http.route': { type: 'string', stability: 'stable', SERVER: 'conditional' },
  'network.local.address': { type: 'string', stability: 'stable', SERVER: 'opt-in' },
  'network.local.port': { type: 'int', stability: 'stable', SERVER: 'opt-in' },
  'network.peer.address': { type: 'string', stability: 'stable', SERVER: 'recommended', CLIENT: 'recommended' },
  'network.peer.port': { type: 'int', stability: 'stable', SERVER: 'recommended', CLIENT: 'recommended' },
  'network.protocol.name': { type: 'string', stability: 'stable', SERVER: 'conditional', CLIENT: 'conditional' },
  'network.protocol.version': { type: 'string', stability: 'stable', SERVER: 'recommended', CLIENT: 'recommended' },
  'network.transport': { type: 'string', stability: 'stable', SERVER: 'opt-in', CLIENT: 'opt-in' },
  'server.address': { type: 'string', stability: 'stable', SERVER: 'recommended', CLIENT: 'required', atStart: true },
  'server.port': { type: 'int', stability: 'stable', SERVER: 'conditional', CLIENT: 'required', atStart: true },
  'url.full': { type: 'string', stability: 'stable', CLIENT: 'required', atStart: true },
  'url.path': { type: 'string', stability: 'stable', SERVER: 'required', atStart: true },
  'url.query': { type: 'string', stability: 'stable', SERVER: 'conditional', atStart: true },
  'url.scheme': { type: 'string', stability: 'stable', SERVER: 'required', CLIENT: 'opt-in', atStart: true },
  'url.template': { type: 'string', stability: 'development', CLIENT: 'opt-in' },
  'user_agent.original': {
    type: 'string',
    stability: 'stable',
    SERVER: 'recommended',
    CLIENT: 'opt-in',
    atStart: true,
  },
};

/** Attributes of the registry that HTTP spans of ours have besides. */
export const OTHER_ATTRIBUTES: Readonly<Record<string, Fact>> = {
  'code.function.name': { type: 'string', stability: 'stable' },
};

/** The values of `http.request.method` besides `_OTHER`. */
export const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE', 'QUERY'];

/** The first parts of names that belong to the conventions, as far as a span of ours could come near them. */
export const NAMESPACES = [
  ...['client', 'code', 'error', 'event', 'exception', 'http', 'messaging', 'network', 'otel', 'peer', 'rpc', 'server'],
  ...['service', 'session', 'source', 'telemetry', 'thread', 'url', 'user', 'user_agent', 'net', 'enduser'],
];

/** Query parameters whose values are never to be seen (`url.query`). */
export const SENSITIVE_PARAMETERS = [
  ...['X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token', 'AWSAccessKeyId'],
  ...['Signature', 'sig', 'X-Goog-Signature'],
];
