/** As much of the stream as is read that a streaming handler gets from Lambda: one of Node's, without what it does not need. */
export type ResponseStream = {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  once(event: 'finish' | 'close' | 'error', listener: () => void): unknown;
};

/** Resolves when all of a response has gone, or it broke off: Lambda waits for that too, whatever the handler does. */
export async function streamClosed(stream: ResponseStream): Promise<void> {
  if (stream.writableFinished || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    for (const event of ['finish', 'close', 'error'] as const) stream.once(event, resolve);
  });
}

/** The status that the client has seen of a streamed response; `undefined` if that was not sent to its end. */
export function statusOfStream(stream: ResponseStream): number | undefined {
  if (!stream.writableFinished) return undefined;
  const { statusCode } = preludeOf(stream) ?? {};
  return typeof statusCode === 'number' ? statusCode : 200;
}

type Prelude = { readonly statusCode?: unknown };
type Write = (chunk: unknown) => void;

// `awslambda.HttpResponseStream.from(stream, { statusCode, headers })` keeps what is to be written ahead of the first chunk:
// https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/stream/http-response-stream.ts
function preludeOf(stream: ResponseStream): Prelude | undefined {
  const { _onBeforeFirstWrite: writePrelude } = stream as { _onBeforeFirstWrite?: (write: Write) => void };
  if (typeof writePrelude !== 'function') return undefined;
  let text = '';
  try {
    writePrelude((chunk) => {
      if (typeof chunk === 'string') text += chunk;
    });
    const prelude: unknown = JSON.parse(text);
    return typeof prelude === 'object' && prelude !== null ? prelude : undefined;
  } catch {
    return undefined;
  }
}
