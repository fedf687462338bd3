import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { FinishedCall, FinishedExchange } from '@throughline/core/http-measurement';
import { BoundedValues, OTHER } from './bounded-values.ts';
import { ATTR_OVERFLOW, labelName, type Series, SeriesTable } from './series-table.ts';

const MAX_ERROR_TYPES = 100;
const MAX_TARGETS = 100;

/** The labels of exchanges in Prometheus. */
export const EXCHANGE_LABELS = [
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_ROUTE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
  ATTR_URL_SCHEME,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_OVERFLOW,
].map(labelName);

/** The labels of calls in Prometheus. */
export const CALL_LABELS = [
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_OVERFLOW,
].map(labelName);

/** The series of exchanges. Requests that no route answers share one per method and status. */
export class ExchangeSeries {
  readonly table = new SeriesTable('HTTP server requests');
  readonly #errorTypes = new BoundedValues(MAX_ERROR_TYPES);

  of(exchange: FinishedExchange): Series {
    const { method, statusCode, protocolVersion, route } = exchange;
    const scheme = knownScheme(exchange.scheme);
    const errorType = exchange.errorType === undefined ? undefined : this.#errorTypes.admit(exchange.errorType);
    // No part but the last has a space in it.
    const facts = `${method} ${statusCode} ${scheme} ${protocolVersion} ${errorType}`;
    const key = route === undefined ? facts : `${facts} ${route}`;
    const known = this.table.find(key);
    if (known !== undefined) return known;
    const attributes: Attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_URL_SCHEME]: scheme,
      [ATTR_NETWORK_PROTOCOL_VERSION]: protocolVersion,
    };
    if (route !== undefined) attributes[ATTR_HTTP_ROUTE] = route;
    setOutcome(attributes, statusCode, errorType);
    return this.table.add(key, attributes);
  }
}

/** The series of calls. Of the services called, the first hundred are told apart. */
export class CallSeries {
  readonly table = new SeriesTable('HTTP client requests');
  readonly #errorTypes = new BoundedValues(MAX_ERROR_TYPES);
  readonly #targets = new BoundedValues(MAX_TARGETS);

  of(call: FinishedCall): Series {
    const { method, origin, statusCode, protocolVersion } = call;
    const target = this.#targets.admit(origin.text);
    const errorType = call.errorType === undefined ? undefined : this.#errorTypes.admit(call.errorType);
    const key = `${method} ${statusCode} ${protocolVersion} ${errorType} ${target}`;
    const known = this.table.find(key);
    if (known !== undefined) return known;
    const attributes: Attributes = { [ATTR_HTTP_REQUEST_METHOD]: method };
    if (protocolVersion !== undefined) attributes[ATTR_NETWORK_PROTOCOL_VERSION] = protocolVersion;
    if (target === OTHER) {
      attributes[ATTR_SERVER_ADDRESS] = OTHER;
    } else {
      attributes[ATTR_SERVER_ADDRESS] = origin.address;
      attributes[ATTR_SERVER_PORT] = origin.port;
    }
    setOutcome(attributes, statusCode, errorType);
    return this.table.add(key, attributes);
  }
}

/** A proxy that is trusted says the scheme of a request: whatever it says, there are three. */
export function knownScheme(scheme: string): string {
  return scheme === 'http' || scheme === 'https' ? scheme : OTHER;
}

function setOutcome(attributes: Attributes, statusCode: number | undefined, errorType: string | undefined): void {
  if (statusCode !== undefined) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = statusCode;
  if (errorType !== undefined) attributes[ATTR_ERROR_TYPE] = errorType;
}
