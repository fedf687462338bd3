const REDACTED = 'REDACTED';

// The four of the HTTP conventions (url.query), and what else commonly carries a credential or a signature.
const CREDENTIALS = [
  'awsaccesskeyid',
  'signature',
  'sig',
  'x-goog-signature',
  'x-goog-credential',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'jwt',
  'api_key',
  'api-key',
  'apikey',
  'password',
  'passwd',
  'pwd',
  'secret',
  'client_secret',
  'auth',
  'authorization',
  'credential',
  'credentials',
  'session',
  'sessionid',
  'session_id',
]; // prettier-ignore

/** Replaces the values of credential and signature parameters in a query string (without its `?`). */
export type QueryRedactor = (query: string) => string;

/**
 * Compiles a redactor for the well-known parameters and the names given, in any case. Linear in the length of the query.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/ (url.query)
 */
export function queryRedactor(extraNames: readonly string[] = []): QueryRedactor {
  const names = new Set([...CREDENTIALS, ...extraNames.map((name) => name.toLowerCase())]);
  return (query) => {
    if (!query.includes('=')) return query;
    let redacted = '';
    let equals = -1;
    for (let start = 0; start <= query.length; ) {
      const ampersand = query.indexOf('&', start);
      const end = ampersand < 0 ? query.length : ampersand;
      // Looked for once per `=`, and not once per parameter: that would be quadratic where there is none.
      if (equals < start) equals = indexOrEnd(query, '=', start);
      if (start > 0) redacted += '&';
      const hasValue = equals < end;
      const secret = hasValue && names.has(parameterName(query.slice(start, equals)));
      redacted += secret ? `${query.slice(start, equals)}=${REDACTED}` : query.slice(start, end);
      start = end + 1;
    }
    return redacted;
  };
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

/** An absolute URL, as `URL` writes it, without user, password, fragment and credential parameters, for `url.full`. */
export function redactUrl(href: string, redactQuery: QueryRedactor): string {
  if (!/[@?#]/.test(href)) return href;
  const end = indexOrEnd(href, '#', 0);
  const host = href.indexOf('//') + 2;
  const path = href.indexOf('/', host);
  const mark = href.indexOf('?', path);
  const hasQuery = mark >= 0 && mark < end;
  const user = href.lastIndexOf('@', path) + 1;
  const credentials = user > 0 ? `${href.slice(0, host)}${REDACTED}:${REDACTED}@` : '';
  const query = hasQuery && mark + 1 < end ? `?${redactQuery(href.slice(mark + 1, end))}` : '';
  return `${credentials}${href.slice(user, hasQuery ? mark : end)}${query}`;
}

/** A text, such as the message of an error, without the secrets of a URL that it may quote. */
export function redactQuoted(text: string, url: URL, redactQuery: QueryRedactor): string {
  const user = url.password === '' ? url.username : `${url.username}:${url.password}`;
  const withoutUser = user === '' ? text : text.replaceAll(`//${user}@`, `//${REDACTED}:${REDACTED}@`);
  return url.search.length > 1
    ? withoutUser.replaceAll(url.search, `?${redactQuery(url.search.slice(1))}`)
    : withoutUser;
}

function parameterName(raw: string): string {
  if (!raw.includes('%') && !raw.includes('+')) return raw.toLowerCase();
  try {
    return decodeURIComponent(raw.replaceAll('+', ' ')).trim().toLowerCase();
  } catch {
    return raw.toLowerCase();
  }
}
