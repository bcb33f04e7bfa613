import { create } from 'zustand';

/** Whether the first screen has been drawn: what can wait (dialogs, the state of engines) takes no time from it. */
export const useFirstDrawing = create<{ readonly done: boolean }>()(() => ({ done: false }));

/** So long at most: a page that is never at rest, or is not seen, gets the rest as well. */
const restMs = 500;

/** Call it when the first screen has its data; resolves when that has been drawn. */
export async function afterFirstDrawing(): Promise<void> {
  if (useFirstDrawing.getState().done) return;
  await new Promise((resolve) => requestIdleCallback(resolve, { timeout: restMs }));
  useFirstDrawing.setState({ done: true });
}
