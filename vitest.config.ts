import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,bench,scripts}/**/*.test.{ts,tsx}'],
    pool: 'forks',
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
