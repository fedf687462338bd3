/** OTLP's own port over HTTP, which most SDKs send to without being told. */
const DEFAULT_PORT = 4318;

/**
 * The port of the viewer of this machine.
 *
 * @throws {Error} if `THROUGHLINE_VIEWER_PORT` is no port.
 */
export function viewerPort({ THROUGHLINE_VIEWER_PORT: text }: Readonly<Record<string, string | undefined>>): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Error(
    `[viewer] Expected THROUGHLINE_VIEWER_PORT to be a number from 1 to 65535, got ${JSON.stringify(text)}.`,
  );
}
