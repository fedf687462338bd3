import { diag, ProxyTracerProvider, type TracerProvider } from '@opentelemetry/api';
import { showDiagnostics } from './diagnostics.ts';
import { readChoice } from './environment.ts';
import { flushBeforeExit } from './exit.ts';
import { readSpanLimits } from './limits.ts';
import type { SpanCounts } from './loss.ts';
import { checkStartOptions, type StartTracingOptions } from './options.ts';
import { createPipeline } from './pipeline.ts';
import { createPropagator } from './propagator.ts';
import { type Registration, register } from './registration.ts';
import { createResource } from './resource.ts';
import { createSampler } from './sampler.ts';
import { openViewerLink } from './viewer/viewer-link.ts';
import { PIPELINE_SHARE, slowMsOf, withViewer } from './viewer/with-viewer.ts';

/** Tracing that was started. */
export type Tracing = {
  /** Makes the tracers of this process; it is registered with `@opentelemetry/api` too. */
  readonly tracerProvider: TracerProvider;
  /** Exports all spans that have ended so far. Resolves after `flushTimeoutMs` at the latest; never rejects. */
  flush(): Promise<void>;
  /**
   * Exports what has ended and stops: spans that end later are dropped. To be called when the application has closed its
   * servers, in its own signal handler for example. Resolves after `flushTimeoutMs` at the latest; never rejects.
   */
  shutdown(): Promise<void>;
  /** What became of the sampled spans so far. */
  stats(): SpanCounts;
};

/**
 * Starts tracing in this process: registers a tracer provider, a context manager and propagators with
 * `@opentelemetry/api`, and exports finished spans in the background. Call it once, before the application starts to
 * work; a second call changes nothing, returns what the first one did and warns.
 *
 * Throws a `TypeError` for a wrong option or `OTEL_*` variable, and an `Error` if another OpenTelemetry SDK is registered
 * already or the package of the chosen exporter is not installed. With `OTEL_SDK_DISABLED=true` no spans are made, while
 * trace context and correlation IDs pass through.
 *
 * Before the process ends, spans are flushed, without changing how it ends: exit codes, signals and the application's
 * signal handlers stay as they are. Two ways to end leave no time for it: `process.exit()`, before which
 * `await tracing.shutdown()` belongs, and uncaught errors.
 *
 * A collector that is down, slow or refuses spans slows down nothing: at most 2,048 spans wait (`OTEL_BSP_MAX_QUEUE_SIZE`),
 * and those lost are counted in `stats()` and reported by `diag` once a minute, on stderr unless you set a logger.
 *
 * @example
 * const tracing = startTracing({ serviceName: 'checkout' });
 */
export function startTracing(options: StartTracingOptions = {}): Tracing {
  checkStartOptions(options);
  const state = sharedState();
  if (state.running !== undefined) {
    diag.warn('[sdk] `startTracing` was called again. The options of the first call stay in force.');
    return state.running;
  }
  showDiagnostics();
  const disabled = readChoice('OTEL_SDK_DISABLED', ['true', 'false']) === 'true';
  const propagator = options.propagator ?? createPropagator();
  const started = disabled ? disabledTracing() : start(options);

  // What an earlier tracing has registered stays until now, so that ids still reach logs and other services while the
  // application closes.
  state.registration = register(disabled ? undefined : started.tracerProvider, propagator, state.registration);
  const stopWatching = flushBeforeExit(started.flushFinally);
  let ended: Promise<void> | undefined;
  const running: Tracing = {
    tracerProvider: started.tracerProvider,
    flush: () => ended ?? started.flush(),
    shutdown() {
      ended ??= started.shutdown().then(stopWatching);
      if (state.running === running) state.running = undefined;
      return ended;
    },
    stats: started.stats,
  };
  state.running = running;
  return running;
}

type Started = Tracing & { flushFinally(): Promise<void> };

function start(options: StartTracingOptions): Started {
  const { flushTimeoutMs = 5000 } = options;
  const resource = createResource(options);
  const settings = {
    resource,
    sampling: createSampler(options.sampling, String(resource['service.name'])),
    spanLimits: readSpanLimits(),
  };
  const viewer = openViewerLink(options.viewer, options, slowMsOf(options.sampling));
  if (viewer === undefined) {
    const { counts, ...pipeline } = createPipeline(options, settings, flushTimeoutMs);
    return { ...pipeline, stats: counts };
  }
  const { counts, ...pipeline } = createPipeline(
    { ...options, ...viewer.exporter },
    settings,
    flushTimeoutMs * PIPELINE_SHARE,
    viewer,
  );
  return { ...withViewer(pipeline, counts, viewer, flushTimeoutMs), stats: counts };
}

function disabledTracing(): Started {
  const nothing = async (): Promise<void> => {};
  const stats = (): SpanCounts => ({ exported: 0, failed: 0, dropped: 0, pending: 0 });
  return { tracerProvider: new ProxyTracerProvider(), flush: nothing, flushFinally: nothing, shutdown: nothing, stats };
}

type State = { running?: Tracing | undefined; registration?: Registration | undefined };

const STATE = Symbol.for('throughline.sdk');

/** Shared by all copies of this package in the process. */
function sharedState(): State {
  const shared = globalThis as { [STATE]?: State };
  shared[STATE] ??= {};
  return shared[STATE];
}
