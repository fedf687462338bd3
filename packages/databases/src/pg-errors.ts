import type { DatabaseSystem } from '@throughline/core/database-client';

/** How PostgreSQL and `pg` say what went wrong. */
export const postgres: DatabaseSystem = {
  // https://www.postgresql.org/docs/current/errcodes-appendix.html; only what the server sends has a severity.
  statusCode(thrown) {
    if (typeof thrown !== 'object' || thrown === null || !('severity' in thrown)) return undefined;
    const code = Reflect.get(thrown, 'code');
    return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  },
  // `pg` and `pg-pool` throw errors that differ by their text alone.
  errorType(message) {
    if (/timeout|timed out/i.test(message)) return 'timeout';
    return /connection (?:terminated|error)|was closed|not queryable/i.test(message) ? 'connection_lost' : undefined;
  },
  // Where the data or the text of the query is at fault (class 22, 42601), a message quotes it.
  redact(text, statusCode) {
    if (statusCode === undefined || !/^22|^42601$/.test(statusCode)) return text;
    return text.replace(/"(?:[^"\n]|"")*"|'(?:[^'\n]|'')*'/g, '"?"');
  },
};
