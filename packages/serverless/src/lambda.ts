import { type Attributes, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { type Correlation, callSafely, VERSION } from '@throughline/core';
import { correlationReader, setRequestScope } from '@throughline/core/correlation';
import { createEventTracing, type EventTracingOptions } from '@throughline/core/event-exchange';
import { createMessageConsumer } from '@throughline/core/message-consumer';
import { checkFlush, type FlushOptions, flushWithin } from './flush.ts';
import {
  ATTR_AWS_LAMBDA_INVOKED_ARN,
  ATTR_CLOUD_ACCOUNT_ID,
  ATTR_FAAS_TRIGGER,
  invocationAttributes,
  type Trigger,
} from './function-attributes.ts';
import { environmentContext, followInvocation } from './invocation.ts';
import { type LambdaEvent, requestOf, sourceOf, triggerOf } from './lambda-events.ts';
import { statusOf, withCorrelation } from './lambda-response.ts';
import { failedMessages, queueOf, sqsMetadata } from './lambda-sqs.ts';
import { type ResponseStream, statusOfStream, streamClosed } from './lambda-stream.ts';

export type { EventTracingOptions } from '@throughline/core/event-exchange';
export type { FlushOptions } from './flush.ts';

/** As much of Lambda's context as is read. */
export type LambdaContext = {
  readonly awsRequestId?: string;
  readonly functionName?: string;
  readonly invokedFunctionArn?: string;
  getRemainingTimeInMillis?(): number;
};

/** Options of `tracedHandler`; those about requests mean nothing to other events. */
export type LambdaTracingOptions = EventTracingOptions<unknown> & FlushOptions;

/** What an invocation does, and what its client sees of that. */
type Invocation<Result> = {
  run(): Promise<Result>;
  status(result: Result, event: LambdaEvent): number | undefined;
  answer(result: Result, event: LambdaEvent, correlation: Correlation): Result;
};

// What Lambda needs to take the result, beside what the flush needs.
const MARGIN_MS = 100;

/**
 * Traces a Lambda function: one span for each invocation, and its spans are exported before the result is returned, because
 * Lambda freezes the process then. Requests of API Gateway, function URLs and load balancers have a SERVER span as with
 * every server adapter, and the correlation ID in their response; a batch of SQS has a CONSUMER span with a link to the
 * sender of each message; whatever else has a SERVER span that is named like the function.
 *
 * What the handler throws is recorded and rethrown, the same object. Throws a `TypeError` for a wrong option, and for a
 * handler with a callback, which Lambda has dropped with Node.js 24.
 *
 * @example
 * const tracing = startTracing({ serviceName: 'orders' });
 * export const handler = tracedHandler(async (event) => ({ statusCode: 200 }), { flush: tracing.flush });
 */
export function tracedHandler<Event, Context, Result>(
  handler: (event: Event, context: Context) => Result | Promise<Result>,
  options: LambdaTracingOptions,
): (event: Event, context: Context) => Promise<Result> {
  const follow = createFollower(options);
  if (typeof handler !== 'function' || handler.length > 2) {
    throw new TypeError(
      '[lambda] Expected a handler that returns a promise. Return the result instead of calling back.',
    );
  }
  return function tracedLambdaHandler(event, lambdaContext) {
    const run = async (): Promise<Result> => await handler(event, lambdaContext);
    return follow<Result>({ run, status: statusOf, answer: withCorrelation }, event, lambdaContext);
  };
}

/**
 * Traces a Lambda function that streams its response. Its span lasts until the stream has ended, has the status that
 * `awslambda.HttpResponseStream.from()` was given, and is an error where the stream breaks off. The handler gets Lambda's own
 * stream, and clients get no correlation ID: say it in the headers that you give. Otherwise as `tracedHandler`.
 *
 * @example
 * export const handler = awslambda.streamifyResponse(
 *   tracedStreamHandler(async (event, stream) => pipeline(rows(), stream), { flush: tracing.flush }),
 * );
 */
export function tracedStreamHandler<Event, Stream extends ResponseStream, Context>(
  handler: (event: Event, stream: Stream, context: Context) => unknown,
  options: LambdaTracingOptions,
): (event: Event, stream: Stream, context: Context) => Promise<void> {
  const follow = createFollower(options);
  if (typeof handler !== 'function') {
    throw new TypeError(
      `[lambda] Expected a handler, got ${typeof handler}. Pass what \`streamifyResponse\` would get.`,
    );
  }
  return function tracedLambdaStream(event, stream, lambdaContext) {
    const run = async (): Promise<void> => {
      await handler(event, stream, lambdaContext);
      await streamClosed(stream);
    };
    const status = (): number | undefined => statusOfStream(stream);
    return follow({ run, status, answer: () => {} }, event, lambdaContext);
  };
}

/** Runs invocations and exports their spans before Lambda freezes the process. Throws a `TypeError` for a wrong option. */
function createFollower(options: LambdaTracingOptions) {
  const { flush, flushTimeoutMs = 2000, ...eventOptions } = options ?? {};
  checkFlush('lambda', options ?? {});
  const invoke = createInvoker(eventOptions);
  return async function follow<Result>(
    invocation: Invocation<Result>,
    event: unknown,
    lambdaContext: unknown,
  ): Promise<Result> {
    const known = (lambdaContext ?? {}) as LambdaContext;
    try {
      return await invoke(invocation, event, known);
    } finally {
      const remaining = callSafely('context', () => known.getRemainingTimeInMillis?.()) ?? Number.POSITIVE_INFINITY;
      await flushWithin(flush, Math.max(0, Math.min(flushTimeoutMs, remaining - MARGIN_MS)));
    }
  };
}

function createInvoker(options: EventTracingOptions<unknown>) {
  const { tracerProvider = trace, correlation = {}, onStart, onEnd } = options;
  const exchanges = createEventTracing('lambda', options);
  const scope = '@throughline/serverless/lambda';
  const consumer = createMessageConsumer('lambda', 'aws_sqs', { tracerProvider, correlation }, scope);
  const tracer = tracerProvider.getTracer(scope, VERSION);
  const readCorrelation = correlationReader(correlation);

  return async function invoke<Result>(
    { run, status: statusSeen, answer }: Invocation<Result>,
    event: unknown,
    lambdaContext: LambdaContext,
  ): Promise<Result> {
    const known = (typeof event === 'object' && event !== null ? event : {}) as LambdaEvent;
    const request = callSafely('event', requestOf, known);
    if (request !== undefined) {
      const begin = () => exchanges.begin(request, event, describe(lambdaContext, 'http'));
      const exchange = callSafely('start', begin);
      if (exchange === undefined) return run();
      let status: number | undefined;
      try {
        const result = await context.with(exchange.context, run);
        status = statusSeen(result, known);
        return answer(result, known, exchange.correlation);
      } catch (thrown) {
        exchange.recordFailure(thrown);
        throw thrown;
      } finally {
        exchanges.finish(exchange, event, status);
      }
    }

    const attributes = describe(lambdaContext, triggerOf(known));
    const finish = (span: Span): void => {
      if (onEnd !== undefined) callSafely('onEnd', onEnd, span, event);
    };
    if (Array.isArray(known.Records) && sourceOf(known.Records[0]) === 'aws:sqs') {
      const destination = queueOf(known.Records[0]);
      attributes[ATTR_FAAS_TRIGGER] = 'pubsub';
      const batch = consumer.beginBatch({ destination, attributes, metadata: known.Records.map(sqsMetadata) });
      if (onStart !== undefined) callSafely('onStart', onStart, batch.span, event);
      try {
        const result = await context.with(batch.context, run);
        const failed = failedMessages(result);
        if (failed > 0) batch.refuse('batch_item_failures', `${failed} of ${known.Records.length} messages failed`);
        finish(batch.span);
        batch.end();
        return result;
      } catch (thrown) {
        finish(batch.span);
        batch.fail(thrown);
        throw thrown;
      }
    }

    const parent = environmentContext();
    const name = lambdaContext.functionName ?? 'lambda';
    const start = () => tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const span = callSafely('start', start);
    if (span === undefined) return run();
    const own = { correlation: readCorrelation(() => undefined, span) };
    if (onStart !== undefined) callSafely('onStart', onStart, span, event);
    return followInvocation(span, setRequestScope(trace.setSpan(parent, span), own), run, finish);
  };
}

// https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/
function describe({ awsRequestId, invokedFunctionArn }: LambdaContext, trigger: Trigger): Attributes {
  const attributes = invocationAttributes(trigger, awsRequestId);
  if (typeof invokedFunctionArn === 'string') {
    attributes[ATTR_AWS_LAMBDA_INVOKED_ARN] = invokedFunctionArn;
    const account = invokedFunctionArn.split(':')[4];
    if (account !== undefined) attributes[ATTR_CLOUD_ACCOUNT_ID] = account;
  }
  return attributes;
}
