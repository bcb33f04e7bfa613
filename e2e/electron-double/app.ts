import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitAtMost } from '../../electron/waiting.ts';
import { closeBrowser, openBrowser } from './chromium.ts';
import { control, report } from './test-control.ts';

/** A Chromium that takes longer to end is killed at the end of this process; Electron's own ends with it as well. */
const chromiumMs = 10_000;

/** An event whose default can be prevented. */
export function preventable<T extends object>(fields: T): T & { defaultPrevented: boolean; preventDefault(): void } {
  return {
    ...fields,
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

class App extends EventEmitter {
  readonly isPackaged = false;
  #closeWindows: () => Promise<void> = async () => {};
  #profile = '';
  #quitting = false;

  get #lockFile(): string {
    return join(this.#profile, 'electron-double.pid');
  }

  /** browser-window.ts hands in how windows are closed at quit. */
  onQuit(close: () => Promise<void>): void {
    this.#closeWindows = close;
  }

  setName(name: string): void {
    report({ type: 'name', name });
  }

  enableSandbox(): void {
    report({ type: 'sandbox' });
  }

  setPath(name: string, path: string): void {
    report({ type: 'path', name, path });
    if (!existsSync(path)) throw new Error(`${path} does not exist`);
    if (name === 'userData') this.#profile = path;
  }

  requestSingleInstanceLock(): boolean {
    if (!this.#profile) throw new Error('without a profile of its own the lock would be that of every other app');
    const lockFile = this.#lockFile;
    const owner = existsSync(lockFile) ? Number(readFileSync(lockFile, 'utf8')) : 0;
    if (owner > 0 && owner !== process.pid && isAlive(owner)) {
      process.kill(owner, 'SIGUSR2');
      return false;
    }
    writeFileSync(lockFile, String(process.pid));
    process.on('SIGUSR2', () => this.emit('second-instance', preventable({}), [], ''));
    return true;
  }

  async whenReady(): Promise<void> {
    await openBrowser();
    this.emit('ready');
  }

  /** Electron tells this only when it was not asked to quit anyway. */
  allWindowsClosed(): void {
    if (!this.#quitting) this.emit('window-all-closed');
  }

  quit(): void {
    // Electron goes on asynchronously, so that a listener may call quit again.
    setImmediate(() => void this.#quit());
  }

  async #quit(): Promise<void> {
    if (this.#quitting) return;
    const event = preventable({});
    this.emit('before-quit', event);
    report({ type: 'before-quit', prevented: event.defaultPrevented });
    if (event.defaultPrevented) return;
    this.#quitting = true;
    await waitAtMost(this.#closeWindows(), chromiumMs, () => report({ type: 'windows-stuck' }));
    report({ type: 'will-quit' });
    await this.#end(0);
  }

  exit(code: number): void {
    void this.#end(code);
  }

  async #end(code: number): Promise<void> {
    await waitAtMost(closeBrowser(), chromiumMs, () => report({ type: 'browser-stuck' }));
    const lockFile = this.#lockFile;
    if (this.#profile && existsSync(lockFile) && Number(readFileSync(lockFile, 'utf8')) === process.pid) rmSync(lockFile);
    process.exit(code);
  }
}

export const app = new App();
process.on('SIGTERM', () => app.quit());
control.on('quit', (_argument: unknown, reply: (answer: unknown) => void) => {
  reply(null);
  app.quit();
});
