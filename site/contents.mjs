// The pages of the site, in the order of its side bar: title, the file in the repository, and the address on the site.

export const sections = [
  {
    title: 'Begin',
    pages: [
      ['A trace in a minute', 'docs/first-trace.md', 'first-trace'],
      ['Coming from something else', 'docs/migrating.md', 'migrating'],
      ['Before production', 'docs/production.md', 'production'],
      ['When something looks wrong', 'docs/troubleshooting.md', 'troubleshooting'],
    ],
  },
  {
    title: 'Trace',
    pages: [
      ['Set-up', 'packages/sdk/README.md', 'packages/sdk'],
      ['Express', 'packages/express/README.md', 'packages/express'],
      ['Fastify', 'packages/fastify/README.md', 'packages/fastify'],
      ['NestJS', 'packages/nestjs/README.md', 'packages/nestjs'],
      ['Koa, or a framework of yours', 'docs/writing-an-adapter.md', 'writing-an-adapter'],
      ['Next.js', 'examples/nextjs/README.md', 'examples/nextjs'],
      ['Calls: fetch, axios, node:http', 'packages/clients/README.md', 'packages/clients'],
      ['Databases', 'packages/databases/README.md', 'packages/databases'],
      ['Functions: AWS Lambda, Google Cloud', 'packages/serverless/README.md', 'packages/serverless'],
      ['Functions on your machine', 'examples/lambda/README.md', 'examples/lambda'],
      ['Queues', 'packages/messaging/README.md', 'packages/messaging'],
      ['Queues without an adapter', 'docs/other-queues.md', 'other-queues'],
      ['Logs', 'packages/logs/README.md', 'packages/logs'],
      ['Metrics', 'packages/metrics/README.md', 'packages/metrics'],
      ['Your own code, node:http', 'packages/core/README.md', 'packages/core'],
      ['Headers of other tracers', 'packages/propagators/README.md', 'packages/propagators'],
    ],
  },
  {
    title: 'Choose what to keep',
    pages: [
      ['Which traces to keep', 'docs/sampling.md', 'sampling'],
      ['Samplers', 'packages/sampling/README.md', 'packages/sampling'],
      ['Whole across services', 'packages/sampling/PEERS.md', 'packages/sampling-peers'],
      ['What tracing costs', 'docs/performance.md', 'performance'],
      ['What happens when things go wrong', 'docs/reliability.md', 'reliability'],
      ['All measurements', 'bench/results.md', 'results'],
    ],
  },
  {
    title: 'See',
    pages: [
      ['The viewer', 'packages/viewer/README.md', 'packages/viewer'],
      ['More of the viewer', 'docs/viewer.md', 'viewer'],
      ['The command line', 'docs/command-line.md', 'command-line'],
      ['Analysis', 'packages/analysis/README.md', 'packages/analysis'],
      ['More of analysis', 'docs/analysis.md', 'analysis'],
      ['Root causes', 'docs/root-cause.md', 'root-cause'],
      ['Traces of other backends', 'packages/readers/README.md', 'packages/readers'],
      ['Running a backend', 'deploy/README.md', 'deploy'],
    ],
  },
  {
    title: 'Contribute',
    pages: [
      ['How it is built', 'docs/architecture.md', 'architecture'],
      ['How to write an adapter', 'docs/writing-an-adapter.md', 'writing-an-adapter'],
      ['Test your spans, test an adapter', 'packages/testkit/README.md', 'packages/testkit'],
      ['The contract', 'packages/testkit/CONTRACT.md', 'packages/testkit-contract'],
      ['Working on it', 'CONTRIBUTING.md', 'contributing'],
      ['Reasons', 'RATIONALE.md', 'rationale'],
      ['The demo', 'examples/shop/README.md', 'examples/shop'],
      ['The benchmark', 'bench/README.md', 'benchmark'],
      ['Security', 'SECURITY.md', 'security'],
    ],
  },
];

/** Where files that are no page can be read. */
export const REPOSITORY = 'https://github.com/throughline/throughline';
