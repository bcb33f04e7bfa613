import { useCallback } from 'react';
import { carry, parseLayout, readCarried, withCarried } from '../app/stores/carried-layout.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';

/** What is not kept yet; what a former page left is among it. */
let pending: Record<string, unknown> = { ...readCarried() };
/** Something of it has not been sent yet. */
let unsent = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const pause = 200;

export function remember(key: string, value: unknown): void {
  pending[key] = value;
  unsent = true;
  carry(pending);
  const settings = useSettings.getState().settings;
  useSettings.setState({ settings: { ...settings, layout: withCarried(settings.layout) } });
  keepSoon();
}

/** The first change is kept at once; those that follow, as when a splitter is dragged, together after a pause. */
function keepSoon(): void {
  if (timer !== undefined) return;
  keep();
  timer = setTimeout(() => {
    timer = undefined;
    if (unsent) keepSoon();
  }, pause);
}

function keep(): void {
  const sent = { ...pending };
  const { loaded, settings } = useSettings.getState();
  // Before the core's layout is known, writing would forget the rest of it.
  if (!loaded || Object.keys(sent).length === 0) return;
  unsent = false;
  updateSettings({ layout: withCarried(settings.layout) })
    .then(() => {
      pending = Object.fromEntries(Object.entries(pending).filter(([key, value]) => !(key in sent) || sent[key] !== value));
      carry(pending);
    })
    // What the screens want to find again is worth no message when it cannot be kept.
    .catch(() => {});
}

if (typeof window !== 'undefined') {
  window.addEventListener('pagehide', keep);
  // What a former page left is told to the core as soon as the rest is known.
  const stop = useSettings.subscribe(({ loaded }) => {
    if (!loaded) return;
    stop();
    keep();
  });
}

/** A small value that outlives the window, kept in `settings.layout`; `isValid` guards what an older version wrote. */
export function useRemembered<T>(key: string, initial: T, isValid: (value: unknown) => value is T): [T, (value: T) => void] {
  const text = useSettings((state) => state.settings.layout);
  const stored = parseLayout(text)[key];
  const set = useCallback((value: T) => remember(key, value), [key]);
  return [isValid(stored) ? stored : initial, set];
}

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
