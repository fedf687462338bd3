import type { Exchange } from '@throughline/core/http-server';

/**
 * Puts on the exchange which GraphQL operation it carries: the span of an HTTP request is `POST /graphql` whatever is
 * asked. `info` is the fourth argument of a resolver. A name is the client's choice, so it is an attribute, never part
 * of the span's name. Of a batch, all names are there, and the type is `mutation` if there is one.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ (in development)
 */
export function recordGraphqlOperation(exchange: Exchange, info: unknown): void {
  const { operation } = (info ?? {}) as ResolveInfo;
  if (typeof operation !== 'object' || operation === null) return;
  const seen = operationsOf.get(exchange) ?? { operations: new WeakSet(), names: [], type: undefined };
  operationsOf.set(exchange, seen);
  if (seen.operations.has(operation)) return; // every top-level field has a resolver
  seen.operations.add(operation);
  const { operation: type, name } = operation;
  if (isOperationType(type) && (seen.type === undefined || type === 'mutation')) {
    seen.type = type;
    exchange.span.setAttribute('graphql.operation.type', type);
  }
  const text = name?.value;
  if (typeof text !== 'string' || !VALID_NAME.test(text)) return;
  if (seen.names.includes(text) || seen.names.length === MAX_NAMES) return;
  seen.names.push(text);
  exchange.span.setAttribute('graphql.operation.name', seen.names.join(','));
}

/** What `info` says of the operation, in every version of `graphql`. */
type ResolveInfo = {
  readonly operation?: { readonly operation?: unknown; readonly name?: { readonly value?: unknown } };
};

type Operations = {
  readonly operations: WeakSet<object>;
  readonly names: string[];
  type: (typeof OPERATION_TYPES)[number] | undefined;
};

const OPERATION_TYPES = ['query', 'mutation', 'subscription'] as const;
// https://spec.graphql.org/October2021/#Name, bounded
const VALID_NAME = /^[_A-Za-z][_0-9A-Za-z]{0,127}$/;
const MAX_NAMES = 5;

const operationsOf = new WeakMap<Exchange, Operations>();

function isOperationType(type: unknown): type is (typeof OPERATION_TYPES)[number] {
  return OPERATION_TYPES.some((known) => known === type);
}
