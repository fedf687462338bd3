const INTERNAL_NAME = /^[^.]+$|\.(?:localhost|local|internal|svc|home\.arpa)$/i;
const INTERNAL_IPV4 = /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\./;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const INTERNAL_IPV6 = /^\[(?:::1\]|f[cd][0-9a-f]{2}:)/i;

/**
 * Whether a host of a URL cannot be one of the public internet: this machine, a name of one label as containers have, a name
 * in a domain that is reserved for private use, or a private address.
 */
export function isInternalHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return INTERNAL_IPV6.test(hostname);
  return IPV4.test(hostname) ? INTERNAL_IPV4.test(hostname) : INTERNAL_NAME.test(hostname);
}
