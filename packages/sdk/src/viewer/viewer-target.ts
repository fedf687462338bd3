import { diag } from '@opentelemetry/api';
import { readFirst, readNumber } from '../environment.ts';
import type { ExporterOptions } from '../exporter.ts';

/** Where a viewer is, or is to be. */
export type ViewerTarget = {
  readonly origin: string;
  readonly token: string | undefined;
  /** The port to start one at, if none runs. */
  readonly port: number | undefined;
};

/** `true` for the viewer of this machine, or the address of one. */
export type ViewerOption = boolean | string;

const DEFAULT_PORT = 4318;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * The viewer that spans go to. `undefined` if none is wanted, in production, or if an option or a variable sends the spans
 * elsewhere; the last two with a warning.
 */
export function readViewerTarget(viewer: ViewerOption | undefined, options: ExporterOptions): ViewerTarget | undefined {
  if (viewer === undefined || viewer === false) return undefined;
  if (process.env.NODE_ENV === 'production') {
    diag.warn(
      '[sdk] `viewer` is for development and is ignored where NODE_ENV is production. Spans go to the exporter.',
    );
    return undefined;
  }
  const target = typeof viewer === 'string' ? targetAt(new URL(viewer)) : localTarget();
  const rival = rivalOf(target, options);
  if (rival === undefined) return target;
  diag.warn(`[sdk] \`viewer\` is ignored, as ${rival} sends the spans elsewhere. Remove one of the two.`);
  return undefined;
}

function targetAt(url: URL): ViewerTarget {
  return { origin: url.origin, token: url.searchParams.get('token') ?? undefined, port: undefined };
}

function localTarget(): ViewerTarget {
  const port = readNumber('THROUGHLINE_VIEWER_PORT', { min: 1, max: 65_535 }) ?? DEFAULT_PORT;
  return { origin: `http://127.0.0.1:${port}`, token: undefined, port };
}

/** The option or variable that is stronger than the viewer. */
function rivalOf({ origin }: ViewerTarget, { exporter, endpoint }: ExporterOptions): string | undefined {
  if (exporter !== undefined && exporter !== 'otlp' && exporter !== 'otlp-json') return '`exporter`';
  if (endpoint !== undefined) return isSamePlace(endpoint, origin) ? undefined : '`endpoint`';
  const named = readFirst('OTEL_TRACES_EXPORTER');
  if (exporter === undefined && named !== undefined && named.value.toLowerCase() !== 'otlp') return named.name;
  const protocol = readFirst('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL');
  if (exporter !== 'otlp-json' && protocol?.value.toLowerCase() === 'grpc') return protocol.name;
  const found = readFirst('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return found === undefined || isSamePlace(found.value, origin) ? undefined : found.name;
}

function isSamePlace(endpoint: string, origin: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const [a, b] = [new URL(endpoint), new URL(origin)];
  const sameHost = a.hostname === b.hostname || (LOOPBACK.test(a.hostname) && LOOPBACK.test(b.hostname));
  return sameHost && a.port === b.port && a.protocol === b.protocol;
}
