import type { TraceQuery } from './trace-source.ts';

/** A query as TraceQL, of one span that is all of it. */
export function traceQlOf(query: TraceQuery): string {
  const { service, operation, kind, error, minDurationMs, maxDurationMs, attributes } = query;
  const conditions: string[] = [];
  if (service !== undefined) conditions.push(`resource.service.name = ${quotedText(service)}`);
  if (operation !== undefined) conditions.push(`name = ${quotedText(operation)}`);
  if (kind !== undefined) conditions.push(`kind = ${kind}`);
  if (error !== undefined) conditions.push(`status ${error ? '=' : '!='} error`);
  if (minDurationMs !== undefined) conditions.push(`duration >= ${nanoseconds(minDurationMs)}`);
  if (maxDurationMs !== undefined) conditions.push(`duration <= ${nanoseconds(maxDurationMs)}`);
  for (const [key, value] of Object.entries(attributes ?? {})) conditions.push(attributeCondition(key, value));
  return conditions.length === 0 ? '{ }' : `{ ${conditions.join(' && ')} }`;
}

/** A text as TraceQL has it: in quotes, with what could end them escaped. Half characters, which are none, are replaced. */
export function quotedText(text: string): string {
  return JSON.stringify(Buffer.from(text).toString());
}

// TraceQL compares by type, and who searches writes a text.
function attributeCondition(key: string, value: string): string {
  const values = [quotedText(value)];
  if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) || value === 'true' || value === 'false') values.push(value);
  const name = /^[A-Za-z_][\w.-]*$/.test(key) ? key : `"${key.replace(/["\\]/g, '\\$&')}"`;
  const comparisons = ['span', 'resource'].flatMap((scope) => values.map((own) => `${scope}.${name} = ${own}`));
  return `(${comparisons.join(' || ')})`;
}

function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1e6)}ns`;
}
