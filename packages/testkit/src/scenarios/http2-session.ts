import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';

/** Connects over HTTP/2, without TLS, for as long as it is used. */
export async function withSession(url: string, use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const session = connect(url);
  session.on('error', () => {});
  try {
    await use(session);
  } finally {
    session.destroy();
  }
}

export type Received = { status: unknown; headers: Record<string, unknown>; body: string };

/** The answer to a request, read to its end. */
export async function request(
  session: ClientHttp2Session,
  path: string,
  headers: Record<string, string> = {},
): Promise<Received> {
  const stream = session.request({ ':path': path, ...headers });
  const responded = once(stream, 'response');
  let body = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) body += chunk;
  const [received] = (await responded) as [Record<string, unknown>];
  return { status: received[':status'], headers: received, body };
}
