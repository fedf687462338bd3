import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { readChoice, readFirst, readNumber, readPairs, wrongVariable } from './environment.ts';

/** Where and how to send OTLP over HTTP. */
export type OtlpSettings = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** How long an export may take, retries included. */
  readonly timeoutMs: number;
  /** PEM files, read. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
};

/**
 * Where and how to send spans: from the options, then `OTEL_EXPORTER_OTLP_TRACES_*`, then `OTEL_EXPORTER_OTLP_*`. Throws
 * for a URL, header, number or file that is not usable.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function readOtlpSettings(endpoint: string | undefined, headers: Record<string, string> = {}): OtlpSettings {
  const read = (suffix: string): string[] => [`OTEL_EXPORTER_OTLP_TRACES_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`];
  return {
    url: endpoint === undefined ? urlOfEnvironment() : otlpUrl(endpoint),
    headers: { ...headersOfEnvironment(), ...checkHeaders('`headers`', headers) },
    compression: readChoice(read('COMPRESSION'), ['gzip', 'none']) ?? 'none',
    timeoutMs: readNumber(read('TIMEOUT'), { min: 1, max: 2 ** 31 - 1 }) ?? 10_000,
    tls: {
      ...file('ca', read('CERTIFICATE')),
      ...file('cert', read('CLIENT_CERTIFICATE')),
      ...file('key', read('CLIENT_KEY')),
    },
  };
}

/** Whether a value is an absolute http: or https: URL. */
export function isHttpUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** The URL with this path, if it has none of its own. */
export function withPath(url: string, path: string): URL {
  const parsed = new URL(url);
  if (parsed.pathname === '/') parsed.pathname = path;
  return parsed;
}

function otlpUrl(endpoint: string): URL {
  return withPath(endpoint, '/v1/traces');
}

// The variable for all signals is the base of a path; the one for traces is meant as it is.
function urlOfEnvironment(): URL {
  const found = readFirst('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT');
  if (found === undefined) return new URL('http://localhost:4318/v1/traces');
  if (!isHttpUrl(found.value)) throw wrongVariable(found.name, 'a URL such as http://localhost:4318', found.value);
  const url = new URL(found.value);
  if (found.name === 'OTEL_EXPORTER_OTLP_ENDPOINT') url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url;
}

function headersOfEnvironment(): Record<string, string> {
  const names = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'];
  return Object.assign({}, ...names.map((name) => checkHeaders(`the environment variable ${name}`, readPairs(name))));
}

// The value is left out of the message: it may be a key. Names are lower-cased, so that an option replaces a variable.
function checkHeaders(where: string, headers: Record<string, string>): Record<string, string> {
  const checked = Object.entries(headers).map(([name, value]): [string, string] => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      const shown = JSON.stringify(name.slice(0, 100));
      throw new TypeError(`[sdk] Expected ${where} to be HTTP headers; the one named ${shown} cannot be sent.`);
    }
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(checked);
}

function file<Key extends string>(key: Key, names: readonly string[]): { [Name in Key]?: Buffer } {
  const found = readFirst(...names);
  if (found === undefined) return {};
  try {
    return { [key]: readFileSync(found.value) } as { [Name in Key]: Buffer };
  } catch {
    throw wrongVariable(found.name, 'the path of a readable PEM file', found.value);
  }
}
