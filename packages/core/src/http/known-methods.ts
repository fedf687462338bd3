/**
 * The HTTP methods that spans are told apart by, case-sensitively: `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` (a
 * comma-separated list, in place of the defaults), else those of RFC 9110, PATCH of RFC 5789, and QUERY. An application
 * that answers others, such as WebDAV's, names them there.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ (http.request.method)
 */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(methodsOfEnvironment() ?? defaultMethods());

function methodsOfEnvironment(): string[] | undefined {
  const list = process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS?.trim();
  // An empty variable counts as unset: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
  if (list === undefined || list === '') return undefined;
  return list.split(',').map((method) => method.trim());
}

function defaultMethods(): string[] {
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];
}
