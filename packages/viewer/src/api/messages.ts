/**
 * Everything that the viewer's page and server say to each other, for the page to import.
 *
 * All addresses begin with `/api/viewer/`, answer JSON (but for one), and take their parameters from the query string. Durations are
 * nanoseconds as numbers; moments are nanoseconds since 1970 as text, or milliseconds where the name ends in `Ms`.
 *
 * ```text
 * GET  status                              Status
 * GET  traces?SearchParameters             SearchAnswer
 * GET  summaries?ids={id},{id}             SummariesAnswer: those of at most 100 traces that are there
 * GET  traces/{id}                         TraceColumns, as the bytes that `unpackTrace` reads
 * GET  traces/{id}/spans/{spanId}          SpanDetails
 * GET  traces/{id}/matches?query=          MatchesAnswer
 * GET  traces/{id}/bottlenecks             BottlenecksAnswer
 * GET  traces/{id}/logs                    LogsAnswer
 * GET  traces/{id}/otlp                    OTLP JSON, to copy or download
 * GET  services                            ServicesAnswer
 * GET  operations?service=                 OperationsAnswer
 * GET  dependencies?SelectionParameters    DependenciesAnswer
 * GET  statistics?SelectionParameters      StatisticsAnswer
 * GET  heatmap?HeatMapParameters           HeatMap
 * GET  differences?DifferencesParameters   DifferencesAnswer
 * GET  compare?before={id}&after={id}      ComparisonAnswer: two traces
 * GET  compare-runs?before=1&after=2       RunComparisonAnswer
 * GET  runs                                RunsAnswer
 * POST runs                                Run: what comes from now on belongs to a new run
 * GET  live                                Server-sent events, each with a LiveMessage as its data
 * ```
 *
 * Anything else than 2xx carries a {@link Problem}.
 */

export * from './comparison-messages.ts';
export * from './overview-messages.ts';
export * from './search-messages.ts';
export * from './span-messages.ts';
export * from './status-messages.ts';
export * from './trace-messages.ts';
