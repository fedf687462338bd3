import { type Context, context, type Span } from '@opentelemetry/api';
import { callSafely, recordFailure } from '@throughline/core';
import { defer, finalize, Observable, tap } from 'rxjs';

/** What an observable is traced by: its span, and the context that it is subscribed in. */
export type Subscribed = { readonly span: Span; readonly context: Context };

/**
 * Traces each subscription to an observable: `start` makes the span, in whose context `source` is called and
 * subscribed to. The span has what the observable failed with, and ends when it completes, fails, or nobody listens any
 * more. Values and errors pass through untouched.
 */
export function traceObservable<Value>(source: () => Observable<Value>, start: () => Subscribed): Observable<Value> {
  return new Observable<Value>((subscriber) => {
    const started = callSafely('start', start);
    if (started === undefined) return source().subscribe(subscriber); // costs the span, not the message
    const { span, context: active } = started;
    const traced = defer(source).pipe(
      tap({ error: (thrown: unknown) => recordFailure(span, thrown) }),
      finalize(() => span.end()),
    );
    return context.with(active, () => traced.subscribe(subscriber));
  });
}
