import { type RefObject, useEffect, useRef } from 'react';

/**
 * For the `ref` of a Fluent combobox: takes away the reference to the active option that the library leaves behind when
 * the list is closed, which would name an element that is gone.
 */
export function useClosedCombobox(open: boolean): RefObject<HTMLInputElement | null> {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!open) input.current?.removeAttribute('aria-activedescendant');
  });
  return input;
}
