import { defaultPort, withoutBrackets } from '../http/server-address.ts';
import { isInternalHost } from './internal-host.ts';

/** Where calls go. */
export type CallOrigin = {
  /** As it is in URLs: scheme, name and port, if that is not the scheme's. */
  readonly text: string;
  /** The name and the port, as they are in URLs. */
  readonly host: string;
  /** The name or the address, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Whether it cannot be on the public internet. */
  readonly isInternal: boolean;
};

const MAX_KNOWN = 500;
const PLAIN = /^[\w\-.~!$&()*+,;=:@/?%]$/;
const PLAIN_CODES = Uint8Array.from({ length: 128 }, (_, code) => Number(PLAIN.test(String.fromCharCode(code))));
const SLASH = 47;
const QUESTION_MARK = 63;
const DOT = 46;
const PERCENT = 37;
const LONGEST_SCHEME = 'https://'.length;

const known = new Map<string, CallOrigin>();

/** The URL of a call by HTTP. As a text it is parsed only where `URL` would change it, or for those who ask for a `URL`. */
export class CallUrl {
  /** The whole, as `URL` writes it. */
  readonly href: string;
  readonly origin: CallOrigin;
  #parsed: URL | undefined;

  private constructor(href: string, origin: CallOrigin, parsed?: URL) {
    this.href = href;
    this.origin = origin;
    this.#parsed = parsed;
  }

  /** Reads the URL of a call; `undefined` if it is none, or not one of HTTP. A `URL` is the call's from now on. */
  static of(url: string | URL): CallUrl | undefined {
    if (typeof url === 'string') {
      const end = url.indexOf('/', LONGEST_SCHEME);
      const origin = end < 0 ? undefined : known.get(url.slice(0, end));
      if (origin !== undefined && isPlain(url, end)) return new CallUrl(url, origin);
    }
    const parsed = typeof url === 'string' ? parse(url) : url;
    if (parsed === undefined) return undefined;
    // A `data:` or `file:` URL is a whole document or nothing that a service could continue.
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return undefined;
    return new CallUrl(parsed.href, originOf(parsed), parsed);
  }

  /** The same one for all who ask, who may change it: what is recorded comes from the text. */
  get parsed(): URL {
    this.#parsed ??= new URL(this.href);
    return this.#parsed;
  }
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

/** Whether `URL` leaves all from there on as it is: no segment that may be `.` or `..`, and nothing to escape. */
function isPlain(url: string, from: number): boolean {
  let inQuery = false;
  for (let at = from; at < url.length; at += 1) {
    const code = url.charCodeAt(at);
    if (PLAIN_CODES[code] !== 1) return false;
    if (code === QUESTION_MARK) inQuery = true;
    else if (code === SLASH && !inQuery) {
      const next = url.charCodeAt(at + 1);
      if (next === DOT || next === PERCENT) return false;
    }
  }
  return true;
}

function originOf({ origin: text, protocol, host, hostname, port }: URL): CallOrigin {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const origin = {
    text,
    host,
    address: withoutBrackets(hostname),
    port: port === '' ? defaultPort(protocol.slice(0, -1)) : Number(port),
    isInternal: isInternalHost(hostname),
  };
  known.set(text, origin);
  return origin;
}
