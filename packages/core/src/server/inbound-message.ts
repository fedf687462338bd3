import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { peerOf } from '../http/connection-peer.ts';
import type { InboundRequest } from '../http/http-attributes.ts';
import { callSafely } from '../span/failure.ts';

/** The client, scheme and host of a request that came through proxies the application trusts. */
export type Forwarded = { clientAddress?: string | undefined; scheme?: string | undefined; host?: string | undefined };

/** Reads what a framework makes of forwarding headers off its request. */
export type ReadForwarded<Source> = (source: Source) => Forwarded | undefined;

/**
 * One of Node's requests in HTTP's terms. What is asked for is read off the request then: of one that nobody records, nothing.
 */
export class InboundMessage<Source> implements InboundRequest {
  readonly message: IncomingMessage;
  readonly headers: IncomingHttpHeaders;
  readonly target: string;
  readonly route: string | undefined;
  readonly #source: Source;
  readonly #readForwarded: ReadForwarded<Source> | undefined;
  #forwarded: Forwarded | undefined;

  /** @param headers those of the message, which looks them up each time that it is asked */
  constructor(
    message: IncomingMessage,
    headers: IncomingHttpHeaders,
    target: string,
    route: string | undefined,
    source: Source,
    readForwarded: ReadForwarded<Source> | undefined,
  ) {
    this.message = message;
    this.headers = headers;
    this.target = target;
    this.route = route;
    this.#source = source;
    this.#readForwarded = readForwarded;
  }

  get method(): string {
    return this.message.method ?? 'GET';
  }

  get scheme(): string {
    const { encrypted } = (this.message.socket ?? {}) as Partial<TLSSocket>;
    return this.forwarded.scheme ?? (encrypted === true ? 'https' : 'http');
  }

  get host(): string | undefined {
    const { headers } = this;
    return this.forwarded.host ?? headers.host ?? (headers[':authority'] as string | undefined);
  }

  get protocolVersion(): string {
    return protocolVersion(this.message.httpVersion);
  }

  get peerAddress(): string | undefined {
    return peerOf(this.message)?.remoteAddress;
  }

  get peerPort(): number | undefined {
    return peerOf(this.message)?.remotePort;
  }

  get clientAddress(): string | undefined {
    return this.forwarded.clientAddress;
  }

  get userAgent(): string | undefined {
    return this.headers['user-agent'];
  }

  get forwarded(): Forwarded {
    const read = this.#readForwarded;
    if (read === undefined) return NOT_FORWARDED;
    this.#forwarded ??= callSafely('forwarded', read, this.#source) ?? NOT_FORWARDED;
    return this.#forwarded;
  }
}

const NOT_FORWARDED: Forwarded = Object.freeze({ clientAddress: undefined, scheme: undefined, host: undefined });

// `2` and above have no minor version.
function protocolVersion(version: string): string {
  if (version === '1.1') return version;
  return version.endsWith('.0') && version !== '1.0' ? version.slice(0, -2) : version;
}
