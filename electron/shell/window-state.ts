import { readFileSync, writeFileSync } from 'node:fs';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';

const stateSchema = z.object({
  x: z.number().optional(),
  y: z.number().optional(),
  width: z.number(),
  height: z.number(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof stateSchema>;

const defaultState: WindowState = { width: 1280, height: 800, maximized: false };
const smallest = { width: 800, height: 560 };

/** Where the window was last time, kept on one of the screens that are there now. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  const state = parse(file);
  const { x, y } = state;
  const width = Math.max(smallest.width, state.width);
  const height = Math.max(smallest.height, state.height);
  const visible =
    x !== undefined &&
    y !== undefined &&
    screens.some(
      (screen) =>
        x + width > screen.x + 80 && x < screen.x + screen.width - 80 && y >= screen.y && y < screen.y + screen.height - 80,
    );
  return { width, height, maximized: state.maximized, ...(visible && { x, y }) };
}

function parse(file: string): WindowState {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Missing at the first start, or damaged: the default is as good.
    return defaultState;
  }
}

/** Remembers the window's place when it is closed; a place that cannot be written is told to `onError` and forgotten. */
export function keepWindowState(file: string, window: BrowserWindow, onError: (error: unknown) => void): void {
  window.on('close', () => {
    const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() };
    try {
      writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    } catch (error) {
      onError(error);
    }
  });
}
