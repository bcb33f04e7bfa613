import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'playwright';
import { goTo } from '../fixtures/go-to.ts';
import { app, preventable } from './app.ts';
import { browserContext } from './chromium.ts';
import { receive } from './ipc.ts';
import { bindingName, mainWorldSource, preloadSource, worldName } from './preload-worlds.ts';
import { toApp, toReal } from './protocol-server.ts';
import { control, report } from './test-control.ts';

export interface WebFrame {
  readonly url: string;
  /** Null for the main frame. */
  readonly parent: WebFrame | null;
  readonly detached: boolean;
}

type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' };

let nextId = 1;

export class WebContents extends EventEmitter {
  readonly id = nextId++;
  mainFrame: WebFrame = { url: '', parent: null, detached: false };
  destroyed = false;
  openHandler: OpenHandler = () => ({ action: 'allow' });
  deliver: (channel: string, args: unknown[]) => void = () => {};

  send(channel: string, ...args: unknown[]): void {
    this.deliver(channel, args);
  }

  /** Not real: no drag of the system begins. */
  startDrag({ files, icon }: { file: string; files?: string[]; icon: unknown }): void {
    report({ type: 'start-drag', files, icon });
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }
}

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Options extends Omit<Bounds, 'x' | 'y'> {
  x?: number;
  y?: number;
  webPreferences: { preload: string } & Record<string, unknown>;
}

const windows: BrowserWindow[] = [];

export class BrowserWindow extends EventEmitter {
  readonly webContents = new WebContents();
  readonly #options: Options;
  #page: Page | null = null;
  #focused = 0;
  #maximized = false;
  #bounds: Bounds;

  constructor(options: Options) {
    super();
    this.#options = options;
    const { x = 10, y = 20, width, height } = options;
    this.#bounds = { x, y, width, height };
    windows.push(this);
    app.emit('web-contents-created', preventable({}), this.webContents);
    report({ type: 'window', id: this.webContents.id, options: JSON.parse(JSON.stringify(options)) });
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows];
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return windows.find((window) => window.webContents === contents) ?? null;
  }

  async loadURL(url: string): Promise<void> {
    const context = browserContext();
    this.#page = context.pages().find((page) => page.url() === 'about:blank') ?? (await context.newPage());
    await drive(this.webContents, this.#page, readFileSync(this.#options.webPreferences.preload, 'utf8'));
    this.#page.once('close', () => this.#closed());
    await goTo(this.#page, toReal(url));
    // Electron tells it with the first frame that is not empty; a page that ends before never has one.
    this.#page.waitForSelector('#root > *', { state: 'attached', timeout: 0 }).then(
      () => this.emit('ready-to-show'),
      () => undefined,
    );
  }

  show(): void {
    report({ type: 'shown', id: this.webContents.id });
  }

  focus(): void {
    this.#focused++;
    report({ type: 'focused', id: this.webContents.id, times: this.#focused });
  }

  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  maximize(): void {
    this.#maximized = true;
    report({ type: 'maximized', id: this.webContents.id });
  }
  isMaximized(): boolean {
    return this.#maximized;
  }
  getNormalBounds(): Bounds {
    return { ...this.#bounds };
  }
  /** As a user does who drags the window or its edge. */
  move(bounds: Bounds): void {
    this.#bounds = bounds;
  }

  setProgressBar(fraction: number): void {
    report({ type: 'progress', fraction });
  }

  async close(): Promise<void> {
    const event = preventable({});
    this.emit('close', event);
    if (!event.defaultPrevented) await this.#page?.close();
  }

  #closed(): void {
    windows.splice(windows.indexOf(this), 1);
    this.webContents.destroyed = true;
    this.webContents.emit('destroyed');
    this.emit('closed');
    if (windows.length === 0) app.allWindowsClosed();
  }
}

app.onQuit(async () => {
  for (const window of BrowserWindow.getAllWindows()) await window.close();
});
control.on('close-window', (_argument: unknown, reply: (answer: unknown) => void) => {
  reply(null);
  void windows[0]?.close();
});
control.on('move-window', (bounds: Bounds & { maximized?: boolean }, reply: (answer: unknown) => void) => {
  const { maximized = false, ...rest } = bounds;
  windows[0]?.move(rest);
  if (maximized) windows[0]?.maximize();
  reply(null);
});
/** A message as a taken-over renderer would send it, past the preload. */
interface Forgery {
  readonly from: 'main frame' | 'subframe' | 'other origin' | 'gone';
  readonly kind: 'send' | 'invoke';
  readonly channel: string;
  readonly args: unknown[];
}
control.on('forge', async ({ from, ...message }: Forgery, reply: (answer: unknown) => void) => {
  const sender = windows[0]?.webContents;
  if (!sender) return reply({ error: 'there is no window' });
  reply(await receive({ sender, senderFrame: forgedFrame(from, sender.mainFrame) }, message));
});
function forgedFrame(from: Forgery['from'], main: WebFrame): WebFrame | null {
  const url = 'app://stowage/';
  switch (from) {
    case 'main frame':
      return { url, parent: null, detached: false };
    case 'subframe':
      return { url, parent: main, detached: false };
    case 'other origin':
      return { url: 'app://stowage.example.com/', parent: null, detached: false };
    case 'gone':
      return null;
  }
}
control.on('dropped', (paths: string[], reply: (answer: unknown) => void) => {
  for (const window of windows) window.webContents.deliver('electron-double:dropped', [paths]);
  reply(null);
});

/** Joins a page to its WebContents: preload in an isolated world, IPC through a binding of that world, navigation rules. */
async function drive(contents: WebContents, page: Page, preload: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const frames = new Map<number, { frameId: string; url: string }>();
  let mainFrameId = '';
  let world: number | null = null;
  const waiting: string[] = [];

  const evaluate = (expression: string): void => {
    if (world === null) waiting.push(expression);
    else cdp.send('Runtime.evaluate', { expression, contextId: world }).catch(() => {});
  };
  contents.deliver = (channel, args) => evaluate(`electronDouble.deliver(${JSON.stringify(JSON.stringify({ channel, args }))})`);

  cdp.on('Runtime.executionContextCreated', ({ context }) => {
    const { frameId } = context.auxData as { frameId: string };
    if (context.name !== worldName) return;
    frames.set(context.id, { frameId, url: context.origin });
    if (frameId !== mainFrameId) return;
    world = context.id;
    for (const expression of waiting.splice(0)) evaluate(expression);
  });
  cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
    frames.delete(executionContextId);
    if (world === executionContextId) world = null;
  });
  cdp.on('Runtime.bindingCalled', async ({ name, payload, executionContextId }) => {
    if (name !== bindingName) return;
    const message = JSON.parse(payload) as { id: number; kind: 'send' | 'invoke'; channel: string; args: unknown[] };
    const isMain = frames.get(executionContextId)?.frameId === mainFrameId;
    contents.mainFrame = { url: toApp(page.url()), parent: null, detached: false };
    const senderFrame = isMain
      ? contents.mainFrame
      : { url: frames.get(executionContextId)?.url ?? '', parent: contents.mainFrame, detached: false };
    const answer = await receive({ sender: contents, senderFrame }, message);
    if (message.kind === 'invoke') evaluate(`electronDouble.answer(${message.id}, ${JSON.stringify(JSON.stringify(answer))})`);
  });

  mainFrameId = ((await cdp.send('Page.getFrameTree')) as { frameTree: { frame: { id: string } } }).frameTree.frame.id;
  await cdp.send('Page.enable');
  await cdp.send('Runtime.enable');
  await cdp.send('Runtime.addBinding', { name: bindingName, executionContextName: worldName });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorldSource });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: preloadSource(preload), worldName });
  await guardNavigation(contents, page, cdp, mainFrameId);
}

async function guardNavigation(contents: WebContents, page: Page, cdp: CDPSession, mainFrameId: string): Promise<void> {
  let first = true;
  cdp.on('Fetch.requestPaused', async ({ requestId, request, frameId }) => {
    const event = preventable({ url: toApp(request.url), isMainFrame: frameId === mainFrameId, isSameDocument: false });
    // As in Electron: first this, also for what is prevented then; and no will-navigate for what main itself loads.
    contents.emit('did-start-navigation', event);
    if (!first && event.isMainFrame) contents.emit('will-navigate', event);
    if (!first) contents.emit('will-frame-navigate', event);
    first = false;
    if (event.defaultPrevented) {
      report({ type: 'navigation-prevented', url: event.url });
      await cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
    } else {
      await cdp.send('Fetch.continueRequest', { requestId });
    }
  });
  cdp.on('Page.frameNavigated', ({ frame }) => {
    if (frame.id === mainFrameId) contents.emit('did-navigate', preventable({}), toApp(frame.url));
  });
  await cdp.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Request' }] });
  cdp.on('Page.windowOpen', ({ url }) => report({ type: 'window-open', url, action: contents.openHandler({ url }).action }));
  page.on('popup', (popup) => {
    if (contents.openHandler({ url: popup.url() }).action === 'deny') void popup.close();
  });
}
