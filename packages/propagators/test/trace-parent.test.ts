import { W3CTraceContextPropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extractSpan, SPAN_ID, TRACE_ID } from './carriers.ts';

const propagator = new W3CTraceContextPropagator();
const IDS = `${TRACE_ID}-${SPAN_ID}`;
const VALID = `00-${IDS}-01`;

function parse(traceparent: unknown): ReturnType<typeof extractSpan> {
  return extractSpan(propagator, { traceparent });
}

describe('a traceparent is read', () => {
  it.each([
    ['sampled', VALID, 1],
    ['not sampled', `00-${IDS}-00`, 0],
    ['random', `00-${IDS}-02`, 2],
    ['sampled and random', `00-${IDS}-03`, 3],
    ['with flags that no specification defines yet, which are dropped', `00-${IDS}-ff`, 3],
    ['of a later version', `cc-${IDS}-01`, 1],
    ['of a later version with more fields', `01-${IDS}-09-what-the-future-brings`, 1],
    ['of a later version with an empty field', `fe-${IDS}-02-`, 2],
    ['with blanks around it', ` \t ${VALID}\t `, 1],
  ])('%s', (_, header, traceFlags) => {
    expect(parse(header)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, isRemote: true });
  });

  it('as the only line of a repeated header', () => {
    expect(parse([VALID])?.traceId).toBe(TRACE_ID);
  });
});

describe('a traceparent is ignored', () => {
  it.each([
    ['empty', ''],
    ['of the forbidden version', `ff-${IDS}-01`],
    ['with trailing text in version 00', `${VALID}-more`],
    ['with a trailing dash in version 00', `${VALID}-`],
    ['with text after the flags of a later version', `cc-${IDS}-01.more`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['with a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['with an upper-case trace id', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    ['with an upper-case span id', `00-${TRACE_ID}-${SPAN_ID.toUpperCase()}-01`],
    ['with upper-case flags', `00-${IDS}-0A`],
    ['with an upper-case version', `CC-${IDS}-01`],
    ['with a version of one digit', `0-${IDS}-01`],
    ['with a version of three digits', `000-${IDS}-01`],
    ['with a version that is no number', `.0-${IDS}-01`],
    ['with a short trace id', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
    ['with a long trace id', `00-${TRACE_ID}0-${SPAN_ID}-01`],
    ['with a short span id', `00-${TRACE_ID}-${SPAN_ID.slice(1)}-01`],
    ['with a long span id', `00-${IDS}0-01`],
    ['with flags of one digit', `00-${IDS}-1`],
    ['with flags of three digits', `00-${IDS}-001`],
    ['with flags that are no number', `00-${IDS}-0.`],
    ['with a wrong delimiter', `00_${IDS}-01`],
    ['with a wrong delimiter between the ids', `00-${TRACE_ID}.${SPAN_ID}-01`],
    ['with a no-break space around it', `\u00a0${VALID}`],
    ['with a line break after it', `${VALID}\n`],
    ['twice in one line, as Node joins repeated headers', `${VALID}, ${VALID}`],
    ['of a later version twice in one line', `cc-${IDS}-01, cc-${IDS}-01`],
    ['twice', [VALID, VALID]],
    ['that is no text', 42],
    ['that is a list of no text', [null]],
    ['that is missing', undefined],
  ])('%s', (_, header) => {
    expect(parse(header)).toBeUndefined();
  });
});
