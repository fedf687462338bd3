import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import type { ExporterOptions } from '../exporter.ts';
import { stderrLine } from './stderr-line.ts';
import { TraceLinks } from './trace-links.ts';
import { ViewerConnection } from './viewer-connection.ts';
import { findViewerPackage, loadViewerPackage } from './viewer-package.ts';
import { readViewerTarget, type ViewerOption, type ViewerTarget } from './viewer-target.ts';

/** What this process has to do with a viewer. */
export type ViewerLink = {
  /** The options of the exporter, so that spans go to the viewer. */
  readonly exporter: ExporterOptions;
  readonly links: TraceLinks;
  /** Resolves when a viewer answers, or never will; never rejects. */
  readonly ready: Promise<void>;
};

/**
 * Finds the viewer that `viewer` means, or starts it, in the background. `undefined` if there is to be none. Throws if it may
 * have to be started and is not installed.
 */
export function openViewerLink(
  viewer: ViewerOption | undefined,
  options: ExporterOptions,
  slowMs: number,
): ViewerLink | undefined {
  const target = readViewerTarget(viewer, options);
  if (target === undefined) return undefined;
  const path = target.port === undefined ? undefined : findViewerPackage();
  const connection = new ViewerConnection(target);
  const { origin, token } = target;
  return {
    exporter: {
      ...options,
      endpoint: options.endpoint ?? origin,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}`, ...options.headers } }),
    },
    links: new TraceLinks(origin, connection, slowMs),
    ready: find(target, connection, path).catch((thrown: unknown) =>
      diag.warn(
        `[sdk] There is no viewer at ${origin}: ${errorMessage(thrown).replace(/^\[viewer\] /, '')} Spans are sent there all the same.`,
      ),
    ),
  };
}

async function find({ origin, port }: ViewerTarget, connection: ViewerConnection, path: string | undefined) {
  if (await connection.isViewer()) return stderrLine()(`Traces: ${origin}`);
  if (port === undefined || path === undefined)
    throw new Error('nobody answers there, or something else. Start it first.');
  const { findOrStartViewer } = await loadViewerPackage(path);
  const { pid, isNew } = await findOrStartViewer({ port });
  stderrLine()(`Traces: ${origin}${isNew ? ` (process ${pid}, until nobody has used it for an hour)` : ''}`);
}
