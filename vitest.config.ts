import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Suites that take a minute begin first: at the end the other processor would have nothing to do beside them. */
const long = /(contract|faults|stall|host-commands)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [first, rest] = [true, false].map((wanted) => files.filter(({ moduleId }) => long.test(moduleId) === wanted));
    return [...(first ?? []), ...(await super.sort(rest ?? []))];
  }
}

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,bench,scripts}/**/*.test.{ts,tsx}'],
    pool: 'forks',
    // Many suites wait for servers and clocks rather than for the processor: two more than there are cores.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    // Bounds, not waits: a machine may be busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
  },
});
