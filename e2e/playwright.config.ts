import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'playwright/test';
import type { ShellOption } from './fixtures/app.ts';

const root = join(import.meta.dirname, '..');
const electronHere = existsSync(join(root, 'node_modules', 'electron', 'dist'));
if (!electronHere) console.log("Electron's own binary is not here: its suite runs on the test double only.");

/** One suite of the app, run per shell; what belongs to one shell only stands in a folder of its own. */
export default defineConfig<ShellOption>({
  testDir: import.meta.dirname,
  outputDir: join(root, 'test-results', 'e2e'),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 2,
  retries: 0,
  reporter: [['list'], ['json']],
  use: { trace: 'off', screenshot: 'off', actionTimeout: 15_000 },
  projects: [
    { name: 'cli', testMatch: 'cli/*.spec.ts' },
    { name: 'browser', testMatch: ['app/*.spec.ts', 'browser/*.spec.ts'], use: { shell: 'browser' } },
    {
      name: 'desktop double',
      // The rest is only of the page or the core: the same page in the same Chromium, and the same core.
      testMatch: ['app/{first-start,main-job,transfers}.spec.ts', 'desktop/*.spec.ts'],
      use: { shell: 'double' },
    },
    ...(electronHere
      ? [{ name: 'electron', testMatch: ['app/*.spec.ts', 'desktop/*.spec.ts'], use: { shell: 'electron' as const } }]
      : []),
  ],
});
