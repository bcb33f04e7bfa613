import { create } from 'zustand';

/** Whether the first screen has been drawn: what can wait (dialogs, the state of engines) takes no time from it. */
export const useFirstDrawing = create<{ readonly done: boolean }>()(() => ({ done: false }));

/** Loads one after the other what is likely to be wanted next, each when the page has nothing to do. */
export async function whenAtRest(loads: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const load of loads) {
    await new Promise((resolve) => requestIdleCallback(resolve));
    // What cannot be read now is read when it is wanted.
    await load().catch(() => {});
  }
}

/** So long at most: a page that is never at rest, or is not seen, gets the rest as well. */
const restMs = 500;

const frame = Promise.withResolvers<void>();
/** Call it when the frame with the first screen stands in the page. */
export const noteFrame = (): void => frame.resolve();

/** Call it when the first screen has its data; resolves when that has been drawn. */
export async function afterFirstDrawing(): Promise<void> {
  if (useFirstDrawing.getState().done) return;
  await frame.promise;
  await new Promise((resolve) => requestIdleCallback(resolve, { timeout: restMs }));
  useFirstDrawing.setState({ done: true });
}
