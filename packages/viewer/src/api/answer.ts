/** What goes out for a request. */
export type Answer = { readonly status: number; readonly type: string; readonly body: string | Uint8Array };

/** What comes in: the decoded path and the query string. */
export type Question = {
  readonly method: string;
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** The `Accept` header. */
  readonly accept: string;
  /** What came with a question that is a message: its body, the headers that are about it, and where it was sent. */
  readonly message?: {
    readonly body: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
    readonly origin: string;
  };
};

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** An answer that is no text. */
export function bytes(body: Uint8Array): Answer {
  return { status: 200, type: 'application/octet-stream', body };
}

/** An answer that says what was expected; never with anything in it that came from outside. */
export function problem(status: number, message: string, position?: number): Answer {
  return json(position === undefined ? { message } : { message, position }, status);
}

/** A request that cannot be answered as it is. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}
