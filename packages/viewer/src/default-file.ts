import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what viewers keep on this machine. */
export function stateFolder({ XDG_STATE_HOME }: Readonly<Record<string, string | undefined>>): string {
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'throughline');
}

/** The file that the viewer of this machine keeps traces in. */
export function defaultFile(env: Readonly<Record<string, string | undefined>>): string {
  return env.THROUGHLINE_VIEWER_FILE || join(stateFolder(env), 'traces.duckdb');
}
