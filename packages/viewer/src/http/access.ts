import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The cookie that a browser keeps once it came with the token. */
export const TOKEN_COOKIE = 'throughline_viewer';

const LOOPBACK_NAME = /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal)$/i;
const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Why a request may not come in, or that it may. */
export type Verdict = { readonly status: 401 | 403; readonly message: string } | undefined;

/**
 * Whether a request may come in. Without a token only programs of this machine can connect, but a web page in a browser
 * here could make the browser do so: by another name for this address (the `Host` is checked), or from another site (so
 * are `Origin` and `Sec-Fetch-Site`). Pages of this machine may send spans, and no more than that.
 */
export function verdictOn(request: IncomingMessage, token: string | undefined, isIntake: boolean): Verdict {
  const { host = '', origin } = request.headers;
  if (token !== undefined && !hasToken(request, token))
    return {
      status: 401,
      message:
        'Expected the token of the viewer: in a browser, open the link that it printed when it started; elsewhere, send the header `Authorization: Bearer`.',
    };
  if (token === undefined && !LOOPBACK_NAME.test(host.replace(/:\d{1,5}$/, '')))
    return { status: 403, message: 'Expected the viewer to be addressed as localhost.' };
  if (isIntake) {
    return origin === undefined || isLoopbackOrigin(origin)
      ? undefined
      : { status: 403, message: 'Expected spans of a program or a page of this machine.' };
  }
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return { status: 403, message: 'Expected a request of the page of the viewer.' };
  const site = request.headers['sec-fetch-site'];
  const isForeign = site === 'cross-site' || site === 'same-site';
  return isForeign && request.headers['sec-fetch-mode'] !== 'navigate'
    ? { status: 403, message: 'Expected a request of the page of the viewer.' }
    : undefined;
}

/** Whether a page of this machine sends. */
export function isLoopbackOrigin(origin: string): boolean {
  return LOOPBACK_ORIGIN.test(origin);
}

/** Whether a server there can be reached from this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Whether two secrets are the same, without telling by the time it takes how much of them is. */
export function isSameSecret(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isSameSecret(bearer, token);
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  const cookie = cookies.find((candidate) => candidate.startsWith(`${TOKEN_COOKIE}=`));
  return cookie !== undefined && isSameSecret(cookie.slice(TOKEN_COOKIE.length + 1), token);
}
