/** @type {import('next').NextConfig} */
export default {
  // Left as they are, so that server.mjs and the pages share one tracer and one logger's fields.
  serverExternalPackages: [
    '@throughline/clients',
    '@throughline/core',
    '@throughline/logs',
    '@throughline/sdk',
    'pino',
  ],
};
