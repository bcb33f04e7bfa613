import { useEffect, useRef, useState } from 'react';
import { activeTab, useTabs } from './tabs.ts';

/** Where the field in the toolbar looks: at the names in the folder, or at those in all folders below too. */
export type SearchScope = 'folder' | 'below';

/** Searches from which something was opened, by where in a tab's history they stood: going back shows them again. */
const left = new Map<string, string>();
const mostLeft = 50;

const hereInHistory = (vfolder: string, path: string): string => {
  const { id, index } = activeTab(useTabs.getState());
  return `${id} ${index} ${vfolder}:/${path}`;
};

/** Notes what is searched for in the folder that is being left by opening a match. */
export function leaveSearch(vfolder: string, path: string, query: string): void {
  if (left.size >= mostLeft) left.clear();
  left.set(hereInHistory(vfolder, path), query);
}

/** What is typed into the field of a folder, and where it looks. */
export function useSearchScope(vfolder: string, path: string) {
  const [before] = useState(() => left.get(hereInHistory(vfolder, path)));
  const [text, setText] = useState(before ?? '');
  const [scope, setScope] = useState<SearchScope>(before === undefined ? 'folder' : 'below');
  useEffect(() => void left.delete(hereInHistory(vfolder, path)), [vfolder, path]);
  return { text, setText, scope, setScope, searching: scope === 'below' && text.trim() !== '' };
}

/** Ctrl+F asks for the filter of the folder, Ctrl+Shift+F for what is below. */
export function useSearchKeys(ask: (scope: SearchScope) => void): void {
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // A preview with the focus has a search of its own.
      if (event.defaultPrevented || event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      if (document.querySelector('[role="dialog"]')) return;
      event.preventDefault();
      latest.current(event.shiftKey ? 'below' : 'folder');
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
