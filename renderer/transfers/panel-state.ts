import { useEffect } from 'react';
import { create } from 'zustand';
import { useTransfers } from '../app/stores/transfers.ts';
import { isBoolean, remember, useRemembered } from '../ui/remembered.ts';

const key = 'transfers.open';

/** Whether the Transfers panel is open, remembered. */
export function useTransfersPanel(): { open: boolean; setOpen: (open: boolean) => void } {
  const [open, setOpen] = useRemembered(key, false, isBoolean);
  return { open, setOpen };
}

export const setTransfersPanel = (open: boolean): void => remember(key, open);

/** Whether the person ever closed or opened it by hand, in this window. */
const useSeen = create<{ readonly newest: number; readonly opened: boolean }>()(() => ({ newest: -1, opened: false }));

/** Opens the panel by itself when something starts for the first time, and whenever a transfer waits for an answer. */
export function useOpensByItself(): void {
  const transfers = useTransfers((state) => state.transfers);
  const loaded = useTransfers((state) => state.loaded);
  const [stored] = useRemembered<boolean | null>(key, null, isBoolean);
  useEffect(() => {
    if (!loaded) return;
    const newest = transfers[0]?.id ?? 0;
    const { newest: before, opened } = useSeen.getState();
    const waits = transfers.some((transfer) => transfer.state === 'waiting' && transfer.conflicts > 0);
    useSeen.setState({ newest, opened: opened || waits });
    const started = before >= 0 && newest > before;
    if ((started && stored === null) || (waits && !opened)) setTransfersPanel(true);
  }, [transfers, loaded, stored]);
}
