import { useCallback } from 'react';
import { updateSettings, useSettings } from '../app/stores/settings.ts';

type Layout = Readonly<Record<string, unknown>>;

/** Reads the layout text; damaged or empty text is an empty layout. */
export function parseLayout(text: string): Layout {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Layout) : {};
  } catch {
    return {};
  }
}

/** Changes wait a moment, so that dragging a splitter is one write. */
let pending: Record<string, unknown> = {};
let timer: ReturnType<typeof setTimeout> | undefined;

export function remember(key: string, value: unknown): void {
  pending[key] = value;
  const settings = useSettings.getState().settings;
  useSettings.setState({ settings: { ...settings, layout: JSON.stringify({ ...parseLayout(settings.layout), [key]: value }) } });
  clearTimeout(timer);
  timer = setTimeout(keep, 500);
}

function keep(): void {
  clearTimeout(timer);
  const changes = pending;
  if (Object.keys(changes).length === 0) return;
  pending = {};
  const layout = JSON.stringify({ ...parseLayout(useSettings.getState().settings.layout), ...changes });
  // What the screens want to find again is worth no message when it cannot be kept.
  updateSettings({ layout }).catch(() => {});
}

// A window that is closed or reloaded right after a change keeps it too.
if (typeof window !== 'undefined') window.addEventListener('pagehide', keep);

/** A small value that outlives the window, kept in `settings.layout`; `isValid` guards what an older version wrote. */
export function useRemembered<T>(key: string, initial: T, isValid: (value: unknown) => value is T): [T, (value: T) => void] {
  const text = useSettings((state) => state.settings.layout);
  const stored = parseLayout(text)[key];
  const set = useCallback((value: T) => remember(key, value), [key]);
  return [isValid(stored) ? stored : initial, set];
}

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
