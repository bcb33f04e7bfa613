import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,bench,scripts}/**/*.test.{ts,tsx}'],
    pool: 'forks',
    // Many suites wait for servers and clocks rather than for the processor: one a core, also on a machine with two.
    maxWorkers: '100%',
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
