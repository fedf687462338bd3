import { SpanKind } from '@opentelemetry/api';
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import { withSpan } from '@throughline/core';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on('error', () => {}); // an idle connection broke: the pool makes a new one, and a query that needs it tells

/**
 * Runs a query in a CLIENT span. `summary` names the span: the operation and the tables, never a value.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/
 */
export function query<Row extends pg.QueryResultRow>(summary: string, text: string, values: unknown[]): Promise<Row[]> {
  const [operation = summary, ...tables] = summary.split(' ');
  const attributes = {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
    [ATTR_DB_QUERY_SUMMARY]: summary,
    [ATTR_DB_OPERATION_NAME]: operation,
    [ATTR_DB_QUERY_TEXT]: text,
    ...(tables.length === 1 && { [ATTR_DB_COLLECTION_NAME]: tables[0] }),
  };
  return withSpan(summary, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const { rows } = await pool.query<Row>(text, values);
      return rows;
    } catch (thrown) {
      if (thrown instanceof pg.DatabaseError && thrown.code !== undefined)
        span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, thrown.code);
      throw thrown;
    }
  });
}
