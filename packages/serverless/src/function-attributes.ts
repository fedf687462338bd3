import type { Attributes } from '@opentelemetry/api';

// The conventions for functions are in development, and packages are asked not to import names that may move from
// `@opentelemetry/semantic-conventions/incubating` at run time: these are those of version 1.45.0, which a test compares.
// https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/

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

/** What is said of every invocation; the first one that this process sees is its cold start. */
export function invocationAttributes(trigger: Trigger, id: unknown): Attributes {
  const attributes: Attributes = { [ATTR_FAAS_TRIGGER]: trigger, [ATTR_FAAS_COLDSTART]: isFirst };
  isFirst = false;
  if (typeof id === 'string') attributes[ATTR_FAAS_INVOCATION_ID] = id;
  return attributes;
}
