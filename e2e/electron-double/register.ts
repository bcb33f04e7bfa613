/**
 * A test double of the `electron` module over Chromium: for tests only, loaded with `node --import`. It lets main.ts and
 * preload.ts be executed where Electron's own binary cannot be had. What is not real: `location.origin` (the scheme
 * `app:` is served as http on a host of its own), process sandboxing, safeStorage; `webUtils.getPathForFile` finds
 * paths by base name among those that the test said it dropped.
 */
import { registerHooks } from 'node:module';

const double = new URL('./electron.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === 'electron' ? { url: double, format: 'module-typescript', shortCircuit: true } : nextResolve(specifier, context),
});
