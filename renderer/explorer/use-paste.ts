import { useEffect, useRef } from 'react';
import { captureDrop, type Upload } from '../transfers/dropped.ts';

/**
 * Pasting into the folder that is shown: files that another program copied, else (null) what was copied here. Text fields and
 * dialogs keep theirs.
 */
export function usePaste(paste: (files: Upload | null) => void): void {
  const latest = useRef(paste);
  useEffect(() => {
    latest.current = paste;
  });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const { target } = event;
      if (target instanceof Element && target.closest('input, textarea, [contenteditable="true"], [role="dialog"]')) return;
      if (document.querySelector('[role="dialog"]')) return;
      event.preventDefault();
      latest.current(event.clipboardData && captureDrop(event.clipboardData));
    };
    window.addEventListener('paste', onPaste);
    return () => window.removeEventListener('paste', onPaste);
  }, []);
}
