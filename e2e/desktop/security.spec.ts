import type { Page } from 'playwright/test';
import { expect, type RunningApp, test } from '../fixtures/app.ts';

// These ask the double of Electron what main.ts set; on Electron itself the same code runs, but there is no such line.
test.skip(({ shell }) => shell !== 'double', 'asks the double of Electron');

const report = (app: RunningApp, type: string) => app.reports.find((each) => each.type === type);

test('the window gives its page nothing but the preload', async ({ app }) => {
  const options = report(app, 'window')?.options as { show: boolean; webPreferences: Record<string, unknown> };
  const { preload, ...preferences } = options.webPreferences;
  expect(preload).toMatch(/out\/preload\/preload\.cjs$/);
  expect(preferences).toEqual({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
  });
  expect(options.show).toBe(false);
  expect(report(app, 'sandbox')).toBeDefined();
  expect(report(app, 'schemes')?.schemes).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ]);
});

test('the page has no Node and sees only the bridge', async ({ app }) => {
  const seen = await app.page.evaluate(() => ({
    node: ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in globalThis),
    bridge: Object.keys((globalThis as unknown as { stowageDesktop: object }).stowageDesktop).toSorted(),
  }));
  expect(seen.node).toEqual([]);
  expect(seen.bridge).toEqual([
    'chooseFiles',
    'chooseFolder',
    'onMenu',
    'openExternal',
    'openPrepared',
    'pathOf',
    'rpc',
    'setProgress',
    'showInFolder',
    'startDrag',
  ]);
});

test('the policy forbids foreign and inline scripts, and the page obeys it', async ({ app }) => {
  const policy = await app.page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  const ran = await app.page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const inline = document.createElement('script');
    inline.textContent = 'window.inlineRan = true';
    document.head.append(inline);
    await fetch('https://example.com/').catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { inline: 'inlineRan' in window, violations };
  });
  expect(ran.inline).toBe(false);
  expect(ran.violations).toEqual(expect.arrayContaining(['script-src-elem', 'connect-src']));
});

test('the page cannot be led away, and opens no window', async ({ app }) => {
  const address = app.page.url();
  await app.page.evaluate(() => {
    location.href = 'https://example.com/';
  });
  await expect.poll(() => report(app, 'navigation-prevented')?.url).toBe('https://example.com/');
  expect(app.page.url()).toBe(address);
  await app.page.evaluate(() => void window.open('https://example.com/'));
  await expect.poll(() => report(app, 'window-open')?.action).toBe('deny');
  await expect.poll(() => app.page.context().pages().length).toBe(1);
});

const denied = { requested: false, checked: false, device: false };

test('the page may write to the clipboard and notify, and nothing else; another page may nothing', async ({ app }) => {
  const ask = (permission: string, page: string) => app.ask('permission', { permission, page });
  for (const permission of ['media', 'geolocation', 'clipboard-read', 'openExternal', 'fileSystem', 'usb']) {
    expect(await ask(permission, 'app://stowage/'), permission).toEqual(denied);
  }
  for (const permission of ['clipboard-sanitized-write', 'notifications']) {
    expect(await ask(permission, 'app://stowage/')).toEqual({ requested: true, checked: true, device: false });
    expect(await ask(permission, 'https://example.com/')).toEqual(denied);
    expect(await ask(permission, 'app://stowage.example.com/')).toEqual(denied);
  }
});

const openExternal = (page: Page, url: string): Promise<string> =>
  page.evaluate(
    (link) =>
      (globalThis as unknown as { stowageDesktop: { openExternal(url: string): Promise<void> } }).stowageDesktop
        .openExternal(link)
        .then(
          () => 'opened',
          (error: Error) => error.message,
        ),
    url,
  );

test('only https links leave for the browser', async ({ app }) => {
  expect(await openExternal(app.page, 'https://docs.docker.com/')).toBe('opened');
  for (const url of [
    'file:///etc/passwd',
    'http://example.com/',
    // No job has published it.
    'http://127.0.0.1:9/',
    'javascript:alert(1)',
    'https://user:pw@example.com/',
    'not a url',
  ]) {
    expect(await openExternal(app.page, url), url).toContain('Only https links are opened');
  }
  expect(app.reports.filter((each) => each.type === 'open-external').map((each) => each.url)).toEqual([
    'https://docs.docker.com/',
  ]);
});

test('a frame gets no bridge, and what is none of the contract leaves the core well (A21)', async ({ app }) => {
  const answered = await app.page.evaluate(async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    return 'stowageDesktop' in (frame.contentWindow ?? {});
  });
  expect(answered).toBe(false);
  for (const message of ['{', '[]', '{"__proto__":{"x":1}}', '"x"', 'x'.repeat(10 * 1024 * 1024)]) {
    await app.page.evaluate(
      (text) => (globalThis as unknown as { stowageDesktop: { rpc: { send(m: string): void } } }).stowageDesktop.rpc.send(text),
      message,
    );
  }
  await expect(
    app.page
      .getByRole('button', { name: 'Launch' })
      .or(app.page.getByRole('tab', { name: 'Launch' }))
      .first(),
  ).toBeVisible();
  await app.page.reload();
  await expect(
    app.page
      .getByRole('button', { name: 'Launch' })
      .or(app.page.getByRole('tab', { name: 'Launch' }))
      .first(),
  ).toBeVisible();
});

test('a second start focuses the first, and quitting closes cleanly', async ({ app, launch }) => {
  await expect(launch()).rejects.toThrow(/ended with 0/);
  await expect.poll(() => report(app, 'focused')?.times).toBe(1);
  await app.quit();
});

test('the menu reaches the page', async ({ app }) => {
  await expect(app.page.getByRole('tree', { name: 'Folders' })).toBeVisible();
  expect(await app.ask('menu', ['View', 'Jobs'])).toBe(true);
  await expect(app.page.getByRole('heading', { name: 'Jobs', exact: true })).toBeVisible();
});
