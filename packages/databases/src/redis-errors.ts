import { errorType } from '@throughline/core';
import type { DatabaseSystem } from '@throughline/core/database-client';

/** How Redis, ioredis and node-redis say what went wrong. */
export const redis: DatabaseSystem = {
  // https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors: the first word, in capitals. An error
  // of the system has a code instead.
  statusCode(thrown) {
    if (!(thrown instanceof Error) || 'code' in thrown) return undefined;
    return /^[A-Z][A-Z0-9]{2,31}(?= |$)/.exec(thrown.message)?.[0];
  },
  errorType(message) {
    if (/timeout|timed out/i.test(message)) return 'timeout';
    return /closed|connection close|offline|writeable|terminated/i.test(message) ? 'connection_lost' : undefined;
  },
  // node-redis has a class for commands that were given up by their signal; ioredis names lost connections so.
  isCancelled: (thrown) =>
    errorType(thrown) === 'AbortError' && /^The command was aborted/.test(String(Object(thrown).message)),
  // Such as "unknown command 'x', with args beginning with: 'y'".
  redact: (text, statusCode) => (statusCode === undefined ? text : text.replace(/'[^'\n]*'|`[^`\n]*`|"[^"\n]*"/g, '?')),
};
