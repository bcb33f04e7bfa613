import { useEffect } from 'react';
import { create } from 'zustand';

/** Something that the command palette offers. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** Right-hand text: a shortcut or a hint. */
  readonly hint?: string;
  readonly run: () => void;
}

/** Commands of the screens that are shown now, by who offered them. */
export const useScreenCommands = create<{ readonly groups: Readonly<Record<string, readonly Command[]>> }>()(() => ({
  groups: {},
}));

/** Offers commands in the palette while the calling component is shown. Keep `commands` stable with useMemo. */
export function useCommands(owner: string, commands: readonly Command[]): void {
  useEffect(() => {
    useScreenCommands.setState((state) => ({ groups: { ...state.groups, [owner]: commands } }));
    return () =>
      useScreenCommands.setState((state) => {
        const { [owner]: _gone, ...rest } = state.groups;
        return { groups: rest };
      });
  }, [owner, commands]);
}
