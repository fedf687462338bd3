import { type Context, createContextKey, type Span, trace } from '@opentelemetry/api';
import { getRequestScope } from '../correlation.ts';

/** The summary of the database statement that was made most often in a request, where that is more than ten times. */
const ATTR_REPEATED_QUERY = 'throughline.repeated_query';
/** How often the statement of `throughline.repeated_query` was made. */
const ATTR_REPEATED_QUERY_COUNT = 'throughline.repeated_query_count';

const REPEATED = 10;
// What a request may make us remember. Who makes more different statements has another problem.
const MAX_STATEMENTS = 100;

const LOCAL_ROOT = createContextKey('throughline.local-root');

type Tally = { readonly root: Span; readonly counts: Map<string, number>; most: number; marked: string | undefined };

// By the request, message or root span that statements belong to, and gone with it.
const tallies = new WeakMap<object, Tally>();

/**
 * Counts a statement for the request it is made in. One that is made more than ten times, such as a query per item of
 * a list, is put on the span of the request, with how often; of several, the most frequent.
 */
export function countQuery(context: Context, summary: string): void {
  const owner = getRequestScope(context) ?? (context.getValue(LOCAL_ROOT) as Span | undefined);
  if (owner === undefined) return;
  const tally = tallies.get(owner) ?? startTally(owner, context);
  if (tally === undefined) return;
  const { root, counts } = tally;
  const count = (counts.get(summary) ?? 0) + 1;
  if (count === 1 && counts.size === MAX_STATEMENTS) return;
  counts.set(summary, count);
  if (count <= REPEATED || count <= tally.most) return;
  tally.most = count;
  if (tally.marked !== summary) root.setAttribute(ATTR_REPEATED_QUERY, summary);
  tally.marked = summary;
  root.setAttribute(ATTR_REPEATED_QUERY_COUNT, count);
}

/** A context whose statements count for this span: the first of a trace in this process that is no request. */
export function withLocalRoot(context: Context, root: Span): Context {
  return context.setValue(LOCAL_ROOT, root);
}

function startTally(owner: object, context: Context): Tally | undefined {
  const root = [Reflect.get(owner, 'span'), owner, trace.getSpan(context)].find(isSpan);
  if (root?.isRecording() !== true) return undefined;
  const tally = { root, counts: new Map(), most: 0, marked: undefined };
  tallies.set(owner, tally);
  return tally;
}

function isSpan(value: unknown): value is Span {
  return typeof value === 'object' && value !== null && 'isRecording' in value && 'setAttribute' in value;
}
