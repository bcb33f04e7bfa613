import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { create } from 'zustand';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { terminalDocument } from './shell-document.ts';
import { createShellInput } from './shell-input.ts';

export type ShellState = 'opening' | 'open' | 'ended';

/** A shell of a job, with its terminal. It lives while the window does, whatever is looked at, until it ends. */
export interface ShellSession {
  readonly job: number;
  readonly state: ShellState;
  /** Of the shell that ended; null: not known. */
  readonly exitCode: number | null;
  /** Why it could not be opened, or broke off. */
  readonly error: StowageError | null;
  readonly terminal: Terminal;
  /** Where the terminal draws; put into the page by whoever shows it. */
  readonly element: HTMLElement;
  /** Fills the room that the element has. */
  fill(): void;
  close(): void;
}

/** The shell of each job that has one: at most one each. */
export const useShells = create<Readonly<Record<number, ShellSession>>>()(() => ({}));

/** Lines that can be scrolled back to. */
const scrollback = 5000;
/** Characters shown before the core is told so; well below what it lets be under way. */
const tellAfter = 16 * 1024;

/** Opens a shell in a running job, in the place of the one that ended. */
export function openShell(job: number): void {
  const before = useShells.getState()[job];
  if (before && before.state !== 'ended') return;
  if (before) forgetShell(job);
  const abort = new AbortController();
  const terminal = new Terminal({
    documentOverride: terminalDocument,
    cursorBlink: false,
    fontSize: 12,
    lineHeight: 1.25,
    fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'JetBrains Mono', 'DejaVu Sans Mono', 'Liberation Mono', monospace",
    minimumContrastRatio: 4.5,
    screenReaderMode: true,
    scrollback,
    // A link that a program prints leads nowhere: it may say one thing and be another.
    linkHandler: { activate: () => {} },
  });
  const fitting = new FitAddon();
  terminal.loadAddon(fitting);
  const element = document.createElement('div');
  const session: ShellSession = {
    job,
    state: 'opening',
    exitCode: null,
    error: null,
    terminal,
    element,
    fill: () => {
      if (element.clientWidth > 0 && element.clientHeight > 0) fitting.fit();
    },
    close: () => abort.abort(),
  };
  useShells.setState({ [job]: session });
  // Drawn first: the shell begins in the size that there is room for.
  queueMicrotask(() => void run(session, abort.signal));
}

/** Lets go of a shell that has ended. */
export function forgetShell(job: number): void {
  const session = useShells.getState()[job];
  if (!session) return;
  session.close();
  session.terminal.dispose();
  useShells.setState(({ [job]: _gone, ...others }) => others, true);
}

const update = (job: number, change: Partial<Pick<ShellSession, 'state' | 'exitCode' | 'error'>>): void =>
  useShells.setState((before) => {
    const session = before[job];
    return session ? { [job]: { ...session, ...change } } : {};
  });

async function run({ job, terminal }: ShellSession, signal: AbortSignal): Promise<void> {
  const input = createShellInput();
  const typing = terminal.onData((text) => void input.type(text));
  let resizing: { dispose(): void } | null = null;
  let show: (text: string) => void = () => {};
  try {
    const { cols: columns, rows } = terminal;
    for await (const event of await client.shells.open({ job, columns, rows }, { signal })) {
      if (event.type === 'opened') {
        const { shell } = event;
        input.open((text) => client.shells.write({ shell, text }, { signal }));
        resizing = followSize(terminal, (size) => client.shells.resize({ shell, ...size }, { signal }), { columns, rows });
        show = showing(terminal, (length) => client.shells.taken({ shell, length }, { signal }));
        update(job, { state: 'open' });
      } else if (event.type === 'output') show(event.text);
      else update(job, { exitCode: event.exitCode });
    }
    update(job, { state: 'ended' });
  } catch (error) {
    update(job, { state: 'ended', error: signal.aborted ? null : fromContract(error) });
  } finally {
    input.close();
    typing.dispose();
    resizing?.dispose();
    terminal.options.disableStdin = true;
    terminal.options.cursorInactiveStyle = 'none';
  }
}

/** Writes output to the terminal, and tells how much of it was shown. */
function showing(terminal: Terminal, tell: (length: number) => Promise<unknown>): (text: string) => void {
  let shown = 0;
  return (text) =>
    terminal.write(text, () => {
      shown += text.length;
      if (shown < tellAfter) return;
      // Who cannot be told any more has closed the shell.
      tell(shown).catch(() => {});
      shown = 0;
    });
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Tells of each new size, one after the other, in-between ones left out. */
function followSize(terminal: Terminal, tell: (size: Size) => Promise<unknown>, told: Size): { dispose(): void } {
  let last = told;
  let telling = false;
  const pump = async (): Promise<void> => {
    if (telling) return;
    telling = true;
    while (terminal.cols !== last.columns || terminal.rows !== last.rows) {
      last = { columns: terminal.cols, rows: terminal.rows };
      await tell(last).catch(() => {});
    }
    telling = false;
  };
  void pump();
  return terminal.onResize(() => void pump());
}
