/** The first page of the site. */
export const home = {
  layout: 'home',
  hero: {
    name: 'Throughline',
    text: 'Distributed tracing for Node.js, without monkey-patching',
    tagline: 'One import per service. Names you can trust, logs that join up, and every failed or slow request whole.',
    actions: [
      { theme: 'brand', text: 'A trace in a minute', link: '/first-trace' },
      { theme: 'alt', text: 'Coming from something else', link: '/migrating' },
    ],
  },
  features: [
    {
      title: 'Explicit',
      details: 'A middleware, a plugin, a module. Works in ESM, CommonJS, bundles and NestJS 12, in any load order.',
      link: '/architecture',
    },
    {
      title: 'Honest',
      details: 'Full routes, true durations, aborted requests told apart. One contract that every adapter passes.',
      link: '/packages/testkit-contract',
    },
    {
      title: 'Keeps what matters',
      details: 'One trace in a hundred, and besides every error and every slow request, whole across services.',
      link: '/sampling',
    },
    {
      title: 'Measured',
      details: 'Spans are written once, as bytes. What that costs, beside OpenTelemetry, Datadog, Elastic and Sentry.',
      link: '/performance',
    },
    {
      title: 'Logs and metrics join up',
      details: 'The same ids in every line of pino and winston, exemplars in Prometheus that lead to traces.',
      link: '/packages/logs',
    },
    {
      title: 'See it without Docker',
      details: 'A viewer with critical path, comparison and service map, as a page and on the command line.',
      link: '/packages/viewer',
    },
  ],
};
