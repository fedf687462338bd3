import type { LambdaRecord } from './lambda-events.ts';

/** The name of the queue that a record comes from: the end of `arn:aws:sqs:eu-central-1:123456789012:orders`. */
export function queueOf({ eventSourceARN }: LambdaRecord): string {
  return typeof eventSourceARN === 'string' ? (eventSourceARN.split(':').at(-1) ?? '') : '';
}

/** What came beside a message: its attributes, and the trace header of X-Ray, which SQS keeps elsewhere. */
export function sqsMetadata({ messageAttributes, attributes }: LambdaRecord): object {
  const traceHeader = attributes?.AWSTraceHeader;
  return typeof traceHeader === 'string'
    ? { 'x-amzn-trace-id': traceHeader, ...messageAttributes }
    : { ...messageAttributes };
}

/** How many messages a handler asks SQS to deliver again, by the partial batch response. */
export function failedMessages(result: unknown): number {
  if (typeof result !== 'object' || result === null || !('batchItemFailures' in result)) return 0;
  return Array.isArray(result.batchItemFailures) ? result.batchItemFailures.length : 0;
}
