// The conventions for functions are in development, and packages are asked not to import names that may move from
// `@opentelemetry/semantic-conventions/incubating` at run time: these are those of version 1.45.0, which a test compares.
// https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/

export const ATTR_ERROR_TYPE = 'error.type';
export const ATTR_FAAS_TRIGGER = 'faas.trigger';
export const ATTR_FAAS_COLDSTART = 'faas.coldstart';
export const ATTR_FAAS_INVOCATION_ID = 'faas.invocation.id';
export const ATTR_CLOUD_ACCOUNT_ID = 'cloud.account.id';
export const ATTR_AWS_LAMBDA_INVOKED_ARN = 'aws.lambda.invoked_arn';
export const ATTR_CLOUDEVENTS_EVENT_ID = 'cloudevents.event_id';
export const ATTR_CLOUDEVENTS_EVENT_SOURCE = 'cloudevents.event_source';
export const ATTR_CLOUDEVENTS_EVENT_TYPE = 'cloudevents.event_type';
export const ATTR_CLOUDEVENTS_EVENT_SUBJECT = 'cloudevents.event_subject';

/** What made a function run. */
export type Trigger = 'http' | 'pubsub' | 'datasource' | 'timer' | 'other';

let isFirst = true;

/** Whether this is the first invocation that this process sees. */
export function isColdStart(): boolean {
  const cold = isFirst;
  isFirst = false;
  return cold;
}
