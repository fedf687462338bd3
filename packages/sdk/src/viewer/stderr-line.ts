import { Console } from 'node:console';

const MAX_WAITING_BYTES = 65_536;

/**
 * What writes a line for the developer. Not to stdout, which may be the application's output; errors of stderr, such as a
 * closed pipe, are none of the application's, and a slow reader must not fill the memory.
 */
export function stderrLine(): (line: string) => void {
  const console = new Console({ stdout: process.stderr, ignoreErrors: true });
  return (line) => {
    if (process.stderr.writableLength < MAX_WAITING_BYTES) console.log(line);
  };
}
