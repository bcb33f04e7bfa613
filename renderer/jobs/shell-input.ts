import { longestShellInput } from '#shared/contract/shells.ts';

/** More than this waiting to be sent is refused: what is pasted is not a way to send files. */
const mostWaiting = 4 * 1024 * 1024;

/** Sends what is typed in order, one message at a time, however fast it comes. */
export interface ShellInput {
  /** False when it was refused: too much waits already. */
  type(text: string): boolean;
  /** Begins to send. */
  open(send: (text: string) => Promise<unknown>): void;
  /** Drops what waits. */
  close(): void;
}

export function createShellInput(): ShellInput {
  let waiting = '';
  let send: ((text: string) => Promise<unknown>) | null = null;
  let sending = false;
  const pump = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    while (send && waiting !== '') {
      const text = firstPart(waiting);
      waiting = waiting.slice(text.length);
      // What a shell does not take is lost, as at a terminal whose program does not read.
      await send(text).catch(() => {});
    }
    sending = false;
  };
  return {
    type: (text) => {
      if (waiting.length + text.length > mostWaiting) return false;
      waiting += text;
      void pump();
      return true;
    },
    open: (sender) => {
      send = sender;
      void pump();
    },
    close: () => {
      send = null;
      waiting = '';
    },
  };
}

/** As much as is sent at once, not cut inside of a letter. */
function firstPart(text: string): string {
  if (text.length <= longestShellInput) return text;
  const isPair = /[\ud800-\udbff]/.test(text[longestShellInput - 1] ?? '');
  return text.slice(0, isPair ? longestShellInput - 1 : longestShellInput);
}
