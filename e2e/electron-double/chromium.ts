import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright';
import { appHostName, serveProtocols, withoutNetwork } from './protocol-server.ts';
import { report } from './test-control.ts';

let context: BrowserContext | null = null;
let profile = '';

/** Starts Chromium with the app's scheme mapped to a loopback server of this process; tells the test where to attach. */
export async function openBrowser(): Promise<void> {
  const port = await serveProtocols();
  profile = mkdtempSync(join(tmpdir(), 'stowage-double-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.STOWAGE_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    // The app ends it, after its windows were closed one by one: closed by the signal itself, they would tell nobody.
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    viewport: null,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--window-size=1280,800',
      '--remote-debugging-port=0',
      `--host-resolver-rules=MAP ${appHostName}:80 127.0.0.1:${port}`,
    ],
  });
  await withoutNetwork(context);
  const [debugPort] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
  report({ type: 'browser', endpoint: `http://127.0.0.1:${debugPort}` });
}

export function browserContext(): BrowserContext {
  if (!context) throw new Error('the app is not ready');
  return context;
}

export async function closeBrowser(): Promise<void> {
  // Closing the last window has ended Chromium already.
  await context?.close().catch(() => {});
  context = null;
  // Chromium's last processes may still write while it is removed.
  if (profile) rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
