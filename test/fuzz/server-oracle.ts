import assert from 'node:assert/strict';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { RecordedSpan, SpanRecorder } from '@throughline/testkit';
import type { Conversation } from './conversation.ts';
import { NUMBER_ATTRIBUTE, type Run, TEMPLATES } from './server-run.ts';
import { OWN_SPAN, type Visit } from './visit.ts';
import { comparable, type WireResponse } from './wire.ts';

/** What must hold of any program on any server: throws an AssertionError where it does not. */
export async function judge(traced: Run, untraced: Run, recorder: SpanRecorder): Promise<void> {
  checkClientsSeeTheSame(traced, untraced);
  const numbers = [...traced.visits];
  const responses = traced.conversations.flatMap((each) => each.responses.map((response) => ({ response, of: each })));
  const servers = new Map<string, RecordedSpan>();
  for (const [index, [number, visit]] of numbers.entries()) {
    if (visit.response === undefined) continue;
    const span = await recorder
      .take(({ kind, attributes }) => kind === 'SERVER' && attributes[NUMBER_ATTRIBUTE] === number, 2000)
      .catch(() => assert.fail(`request ${index} has no span that ended`));
    servers.set(span.spanId, span);
    const { response, of } = responses[index] as (typeof responses)[number];
    checkPlace(span, visit, index);
    checkOutcome(span, visit, response, of, index);
    checkContext(span, visit, index);
  }
  const ours = new Set([...servers.values()].map(({ traceId }) => traceId));
  for (const own of recorder.finished().filter(({ name }) => name === OWN_SPAN)) {
    await recorder.take((span) => span === own);
    assert.ok(
      servers.has(own.parentSpanId ?? '') && ours.has(own.traceId),
      'a span of a handler is not below its request',
    );
  }
  recorder.assertEmpty();
  assert.equal(context.active(), ROOT_CONTEXT);
}

function checkClientsSeeTheSame(traced: Run, untraced: Run): void {
  const withoutTracing = [...untraced.visits.values()];
  const visits = [...traced.visits.values()];
  let at = 0;
  for (const [index, seen] of traced.conversations.entries()) {
    const control = untraced.conversations[index] ?? assert.fail();
    const breaks = [...seen.visits, ...control.visits].some(({ hasBroken, hasDestroyed }) => hasBroken || hasDestroyed);
    const isOpenEnded = seen.halfClosed || seen.left || control.left || breaks;
    for (const [index, response] of seen.responses.entries()) {
      const [visit, other] = [visits[at], withoutTracing[at]];
      at += 1;
      const [got, expected]: [string, string] = [
        comparable(response.text),
        comparable(control.responses[index]?.text ?? ''),
      ];
      const isWhole = response.isComplete && control.responses[index]?.isComplete === true;
      const isCut = isOpenEnded || !isWhole;
      if (isCut)
        assert.ok(
          got.startsWith(expected) || expected.startsWith(got),
          `answered ${shown(got)}, not ${shown(expected)}`,
        );
      else assert.equal(got, expected);
      if (isOpenEnded) continue;
      assert.equal(
        response.isComplete,
        control.responses[index]?.isComplete,
        `complete: ${shown(got)}, ${shown(expected)}`,
      );
      if (isWhole) assert.deepEqual(visit?.log, other?.log);
    }
  }
  for (const message of traced.uncaught) assert.ok(untraced.uncaught.includes(message), `nobody catches ${message}`);
}

function checkPlace(span: RecordedSpan, { planned, template }: Visit, index: number): void {
  const { method, trace } = planned;
  assert.equal(span.parentSpanId, trace.from?.spanId, `the parent of ${index}`);
  if (trace.from !== undefined) assert.equal(span.traceId, trace.from.traceId, `the trace of ${index}`);
  const route = span.attributes['http.route'];
  if (template !== undefined) assert.equal(route, template, `the route of ${index}`);
  else assert.ok(route === undefined || TEMPLATES.includes(String(route)), `the route of ${index} is ${route}`);
  assert.equal(span.name, route === undefined ? method : `${method} ${route}`);
  assert.equal(span.attributes['http.request.method'], method);
  assert.match(String(span.attributes['throughline.request_id'] ?? 'x'), /^[!-~]{1,200}$/);
  assert.ok(!JSON.stringify(span).includes('s3cr3t'), 'a credential is in a span');
}

function checkOutcome(span: RecordedSpan, visit: Visit, seen: WireResponse, of: Conversation, index: number): void {
  const { attributes, status } = span;
  const [code, errorType] = [attributes['http.response.status_code'], attributes['error.type']];
  const what = `${index}: status code ${code}, error.type ${errorType}, ${status}; the client saw ${shown(seen.text)} of ${shown(of.responses.map(({ text }) => text).join(''))}`;
  // Where a framework says a wrong length of what it answers, nobody can tell what came next.
  const isReadable = of.responses.every((each) => !Number.isNaN(each.status));
  // Of a response that a framework gives up before its turn, Node.js 24 sends what was written when the turn has come; its span
  // has ended by then.
  const isGivenUpBeforeItsTurn = visit.hasThrown && !visit.isFinished && of.visits[0] !== visit && code === undefined;
  if (isReadable && seen.status !== undefined && !isGivenUpBeforeItsTurn) assert.equal(code, seen.status, what);
  assert.equal(errorType !== undefined, status === 'ERROR', what);
  // Where there is no body, nobody sees the end of it.
  const hasEnd = seen.method !== 'HEAD' && seen.status !== 204 && seen.status !== 304;
  if (isReadable && hasEnd && seen.isComplete)
    assert.ok(errorType !== 'client_aborted' && errorType !== 'server_aborted', what);
  if (visit.isFinished) {
    if (Number(code) >= 500) assert.equal(status, 'ERROR', what);
    else if (!visit.hasThrown) assert.equal(status, 'UNSET', what);
    return;
  }
  const isStream = String(visit.response?.getHeader('content-type')).startsWith('text/event-stream');
  if (!isStream) assert.equal(status, 'ERROR', `not sent to its end, ${what}`);
  // What was thrown says more: by a handler, or by a parser of what is no JSON.
  if (!String(errorType).endsWith('_aborted')) return;
  const serverBrokeOff = of.visits.some(
    ({ hasDestroyed, hasThrown, isFinished }) => hasDestroyed || (hasThrown && !isFinished),
  );
  if (!of.left && !of.halfClosed && serverBrokeOff) assert.equal(errorType, 'server_aborted', what);
  // Some frameworks close the connection also where a handler throws after all was sent.
  const serverMayBreakOff = of.visits.some(({ hasDestroyed, hasThrown }) => hasDestroyed || hasThrown);
  const serverCloses =
    of.visits.some(({ response }) => response?.getHeader('connection') === 'close') ||
    of.visits.slice(0, of.visits.indexOf(visit)).some(closesTheConnection);
  if (of.left && !serverMayBreakOff && !serverCloses) assert.equal(errorType, 'client_aborted', what);
}

// Node does not remember headers that it was given with the status: what comes of them is all there is.
function closesTheConnection({ response }: Visit): boolean {
  return (response as { _last?: boolean } | undefined)?._last === true;
}

function checkContext(span: RecordedSpan, visit: Visit, index: number): void {
  for (const [where, traceId, spanId] of visit.active)
    assert.deepEqual([traceId, spanId], [span.traceId, span.spanId], `the span that is active in ${where} of ${index}`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 400 ? `${text.slice(0, 300)}…${text.length}…${text.slice(-80)}` : text);
}
