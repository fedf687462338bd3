import { parseQuery } from '../query/parse-query.ts';
import type { Selection } from '../store/trace-store.ts';
import { RequestError } from './answer.ts';

/** A number of the query string within bounds; what is beyond them becomes the nearest bound. */
export function numberOf(parameters: URLSearchParams, name: string): number | undefined;
export function numberOf(
  parameters: URLSearchParams,
  name: string,
  bounds: { least: number; most: number; otherwise: number },
): number;
export function numberOf(
  parameters: URLSearchParams,
  name: string,
  bounds?: { least: number; most: number; otherwise: number },
): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return bounds?.otherwise;
  const number = Number(text);
  if (!Number.isFinite(number)) throw new RequestError(`Expected \`${name}\` to be a number.`);
  return bounds === undefined ? number : Math.min(bounds.most, Math.max(bounds.least, Math.trunc(number)));
}

/** The spans that `query`, `fromMs`, `toMs` and `run` mean. */
export function selectionFrom(parameters: URLSearchParams): Selection {
  const fromMs = numberOf(parameters, 'fromMs');
  const toMs = numberOf(parameters, 'toMs');
  const run = numberOf(parameters, 'run');
  return {
    filter: parseQuery(parameters.get('query') ?? ''),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
    ...(run !== undefined && { run }),
  };
}

/** The id of a trace as stores have it. */
export function traceIdOf(text: string | null | undefined): string {
  if (typeof text !== 'string' || !/^[\da-f]{1,32}$/i.test(text))
    throw new RequestError('Expected a trace id of at most 32 hexadecimal digits.');
  return text.toLowerCase().padStart(32, '0');
}
