// What is measured: frameworks × routes × variants, and how each variant is started.
export const FRAMEWORKS = ['node', 'express', 'fastify', 'nest-express', 'nest-fastify'];

/** `spans` is how many a trace of the route has at least, `named` which of them are our own. */
export const ROUTES = {
  hello: { path: '/hello', spans: 1 },
  context: {
    path: '/hello',
    headers:
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nbaggage: tenant=acme,plan=gold\r\n',
    spans: 1,
  },
  spans: { path: '/spans', spans: 4, named: ['a', 'b', 'c'] },
  log: { path: '/log', spans: 1 },
  call: { path: '/call', spans: 2 },
};

const OTLP = 'otlp';
const nestTwelve = 'it knows nothing of Nest 12: spans of the platform only';

/**
 * Each variant of the table: `module` in variants/ is its set-up inside of the process, `execArgv` and `env` what its
 * documentation puts on the command line, `format` what it exports, `share` of the requests it records.
 *
 * @typedef {object} Variant
 * @property {string} title
 * @property {string} [module]
 * @property {string[]} [execArgv]
 * @property {(origin: string) => Record<string, string>} [env]
 * @property {string} [format]
 * @property {number} [share]
 * @property {(framework: string) => string | false} [leftOut] why a framework goes without it
 * @property {Record<string, string>} [remarks]
 */

/** @type {Record<string, Variant>} */
export const VARIANTS = {
  bare: { title: 'no tracing' },
  control: { title: 'no tracing again (control)', module: 'bare' },
  'bare-fast': { title: 'no tracing, but ticks and shapes that stay fast' },
  floor: { title: 'floor: context, header parse, ids, one object' },
  'ours-100': { title: 'Throughline, 100 %', format: OTLP, share: 1 },
  'ours-tail': { title: 'Throughline, 1 % and what fails or is slow', format: OTLP, share: 0.01 },
  'ours-1': { title: 'Throughline, 1 %', format: OTLP, share: 0.01 },
  'otel-100': { title: 'OpenTelemetry SDK + instrumentations, 100 %', format: OTLP, share: 1 },
  'otel-1': { title: 'OpenTelemetry SDK + instrumentations, 1 %', format: OTLP, share: 0.01 },
  'otel-auto': {
    title: 'OpenTelemetry auto-instrumentations-node',
    execArgv: [
      '--experimental-loader=@opentelemetry/instrumentation/hook.mjs',
      '--import=@opentelemetry/auto-instrumentations-node/register',
    ],
    env: (origin) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: origin,
      OTEL_SERVICE_NAME: 'bench',
      OTEL_METRICS_EXPORTER: 'none', // traces are what is compared
      OTEL_LOGS_EXPORTER: 'none',
    }),
    format: OTLP,
    share: 1,
    remarks: { 'nest-express': nestTwelve, 'nest-fastify': nestTwelve },
  },
  'fastify-otel': {
    title: '@fastify/otel alone',
    format: OTLP,
    share: 1,
    leftOut: (framework) => framework !== 'fastify' && 'it is a plugin of Fastify',
  },
  'dd-trace': {
    title: 'dd-trace',
    execArgv: ['--import=dd-trace/initialize.mjs'],
    env: (origin) => ({
      DD_TRACE_AGENT_URL: origin,
      DD_SERVICE: 'bench',
      DD_LOGS_INJECTION: 'true',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false', // its reports on itself: no traces
    }),
    format: 'datadog',
    share: 1,
    remarks: { 'nest-express': nestTwelve, 'nest-fastify': nestTwelve },
  },
  elastic: {
    title: 'elastic-apm-node',
    execArgv: ['--require=elastic-apm-node/start.js', '--experimental-loader=elastic-apm-node/loader.mjs'],
    env: (origin) => ({
      ELASTIC_APM_SERVER_URL: origin,
      ELASTIC_APM_SERVICE_NAME: 'bench',
      ELASTIC_APM_API_REQUEST_TIME: '2s', // not 10 s: its spans are looked at before measuring
      ELASTIC_APM_LOG_LEVEL: 'off',
    }),
    format: 'elastic',
    share: 1,
    remarks: { 'nest-express': nestTwelve, 'nest-fastify': nestTwelve },
  },
  sentry: {
    title: '@sentry/node, traces at 100 %',
    execArgv: [`--import=${new URL('./variants/sentry-instrument.mjs', import.meta.url).href}`],
    env: (origin) => ({ SENTRY_DSN: `${origin.replace('//', '//public@')}/1` }),
    format: 'sentry',
    share: 1,
    remarks: { 'nest-express': nestTwelve, 'nest-fastify': nestTwelve },
  },
};
for (const variant of [VARIANTS['otel-100'], VARIANTS['otel-1']]) {
  if (variant !== undefined) variant.remarks = { 'nest-express': nestTwelve, 'nest-fastify': nestTwelve };
}

/**
 * What `--only framework/route/variant` leaves of the matrix; each part is a list with commas, or `*`, and may be absent.
 * What is bare and the control stay: they are what all others are measured by.
 */
export function choose(only = '') {
  const [frameworks, routes, variants] = only.split('/');
  return {
    frameworks: pick(FRAMEWORKS, frameworks),
    routes: pick(Object.keys(ROUTES), routes),
    variants: [...new Set(['bare', 'control', ...pick(Object.keys(VARIANTS), variants)])],
  };
}

/** @param {string[]} known */
function pick(known, list = '*') {
  if (list === '*' || list === '') return known;
  const wanted = list.split(',');
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`Expected one of ${known.join(', ')}, got ${unknown.join(', ')}.`);
  return known.filter((name) => wanted.includes(name));
}
