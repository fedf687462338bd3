import type { Span } from '@opentelemetry/api';

/** A traced HTTP client under test. */
export type ClientSubject = {
  readonly name: string;
  /** Makes a client with the options to be passed to the tracing as they are. */
  create(options: ClientSubjectOptions): TracedClient | Promise<TracedClient>;
};

/** The options that all traced clients share, as far as the kit uses them. */
export type ClientSubjectOptions = {
  propagate?: (url: URL) => boolean | { trace?: boolean; baggage?: boolean; correlation?: boolean };
  isError?: (statusCode: number) => boolean;
  requestHeaders?: readonly string[];
  responseHeaders?: readonly string[];
  redactQuery?: readonly string[];
  onStart?: (span: Span, url: URL) => void;
  onEnd?: (span: Span, url: URL) => void;
};

/** What the kit does with a client. Whatever the client itself throws is to be rejected with, unchanged. */
export type TracedClient = {
  /** Sends a request, follows redirects and reads the whole response, whatever its status. */
  request(method: string, url: string, init?: ClientRequestInit): Promise<ClientResponse>;
  /** Sends a GET request and resolves with the headers of the response; the body is never read. */
  requestUnread(url: string): Promise<unknown>;
  /** Frees what the client holds. */
  close?(): void | Promise<void>;
};

export type ClientRequestInit = {
  /** To be given to the client as this very object: the kit looks whether it was changed. */
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
};

export type ClientResponse = {
  readonly status: number;
  /** A header of the response by its name in lower case. */
  header(name: string): string | undefined;
  readonly body: string;
};
