import { describe, expect, it } from 'vitest';

/** The servers that `scripts/services.mjs` can start, and the variable that says where each is. */
const URLS = {
  postgres: 'THROUGHLINE_TEST_POSTGRES_URL',
  redis: 'THROUGHLINE_TEST_REDIS_URL',
  rabbitmq: 'THROUGHLINE_TEST_RABBITMQ_URL',
  nats: 'THROUGHLINE_TEST_NATS_URL',
  kafka: 'THROUGHLINE_TEST_KAFKA_URL',
  prometheus: 'THROUGHLINE_TEST_PROMETHEUS_URL',
  zipkin: 'THROUGHLINE_TEST_ZIPKIN_URL',
  clickhouse: 'THROUGHLINE_TEST_CLICKHOUSE_URL',
  python: 'THROUGHLINE_TEST_PYTHON_URL',
} as const;

export type ServiceName = keyof typeof URLS;

/**
 * A suite that needs a real server. Without one it is skipped, and its title says how to start it; where `CI` is set it
 * fails, so that nothing is skipped there unseen.
 */
export function describeWithService(name: ServiceName, title: string, suite: (url: string) => void): void {
  const url = process.env[URLS[name]];
  if (url !== undefined && url !== '') {
    describe(title, () => suite(url));
    return;
  }
  const remedy = `node scripts/services.mjs run ${name} -- npx vitest run`;
  if (process.env.CI === undefined || process.env.CI === '') {
    describe.skip(`${title} (needs ${name}: ${remedy})`, () => suite('nothing://127.0.0.1:9'));
    return;
  }
  describe(title, () => {
    it(`has the server it needs (${remedy})`, () =>
      expect(process.env, `${URLS[name]} is not set`).toHaveProperty(URLS[name]));
  });
}
