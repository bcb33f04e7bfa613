import { useEffect } from 'react';
import type { MenuCommand } from '#shared/bridge.ts';
import { assertNever } from '#shared/errors.ts';
import { openDialog } from '../explorer/dialog-state.ts';
import { chooseAndUpload } from '../explorer/upload-here.ts';
import { overallFraction, overallOf } from '../transfers/overall.ts';
import { setTransfersPanel, useOpensByItself, useTransfersPanel } from '../transfers/panel-state.ts';
import { desktop } from './client.ts';
import { openPalette } from './command-palette.tsx';
import { goFiles, goJobs, goLaunch, goSettings } from './navigation.ts';
import { useTransfers } from './stores/transfers.ts';

function runMenu(command: MenuCommand, transfersOpen: boolean): void {
  switch (command) {
    case 'new-vfolder':
      goFiles();
      openDialog({ kind: 'create-vfolder' });
      break;
    case 'upload':
      goFiles();
      chooseAndUpload('files');
      break;
    case 'launch':
      goLaunch();
      break;
    case 'files':
      goFiles();
      break;
    case 'jobs':
      goJobs();
      break;
    case 'settings':
      goSettings();
      break;
    case 'palette':
      openPalette();
      break;
    case 'toggle-transfers':
      setTransfersPanel(!transfersOpen);
      break;
    default:
      assertNever(command);
  }
}

let transfersOpen = false;
let listening = false;

/** Keys that work on every screen, and the choices of the application menu. */
export function useGlobalShortcuts(): void {
  const { open } = useTransfersPanel();
  transfersOpen = open;
  useOpensByItself();
  useEffect(() => {
    if (desktop && !listening) {
      listening = true;
      desktop.onMenu((command) => runMenu(command, transfersOpen));
    }
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      const command = shortcuts[event.key.toLowerCase()];
      if (!command) return;
      event.preventDefault();
      runMenu(command, transfersOpen);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  useEffect(() => {
    if (!desktop) return;
    return useTransfers.subscribe(({ transfers }) => {
      desktop?.setProgress(overallFraction(overallOf(transfers)));
    });
  }, []);
}

const shortcuts: Readonly<Record<string, MenuCommand>> = {
  k: 'palette',
  j: 'toggle-transfers',
  '1': 'files',
  '2': 'launch',
  '3': 'jobs',
  '4': 'settings',
};
