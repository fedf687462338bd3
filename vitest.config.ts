import { defineConfig } from 'vitest/config';

// Tests import the packages by their public names; the condition below resolves them to their sources.
const conditions = ['throughline-source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,examples}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Most tests wait for sockets and timers, so more of them than there are processors get along.
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Without it one second: too little for a page, or a server, on a busy machine.
    expect: { poll: { timeout: 30_000 } },
  },
});
