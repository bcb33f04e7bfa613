import { create } from 'zustand';
import type { Entry } from '#shared/contract/files.ts';
import type { Usage, Vfolder } from '#shared/contract/vfolders.ts';
import type { PropertiesTab } from '../properties/properties-dialog.tsx';
import type { Upload } from '../transfers/dropped.ts';

/** What a new vfolder gets once it is made: an upload, or a copy of what a folder holds. */
export type VfolderContents =
  | { readonly kind: 'upload'; readonly upload: Upload }
  | { readonly kind: 'copy'; readonly vfolder: string; readonly path: string };

export type DialogRequest =
  | {
      readonly kind: 'create-vfolder';
      /** Name and usage to begin with. */
      readonly name?: string;
      readonly usage?: Usage;
      readonly contents?: VfolderContents;
    }
  | {
      readonly kind: 'link';
      /** Points an existing link somewhere else, instead of making one. */
      readonly vfolder?: Vfolder;
    }
  | {
      readonly kind: 'sync';
      readonly vfolder: string;
      readonly path: string;
    }
  | { readonly kind: 'rename-vfolder'; readonly vfolder: Vfolder }
  | { readonly kind: 'clone-vfolder'; readonly vfolder: Vfolder }
  | { readonly kind: 'vfolder-properties'; readonly vfolder: Vfolder }
  | { readonly kind: 'purge-vfolder'; readonly vfolder: Vfolder }
  | {
      readonly kind: 'properties';
      readonly vfolder: string;
      readonly entries: readonly Entry[];
      /** The tab to begin with. */
      readonly tab?: PropertiesTab;
    };

/** The one dialog of Files that is open. */
export const useDialog = create<{ readonly request: DialogRequest | null }>()(() => ({ request: null }));

export const openDialog = (request: DialogRequest): void => useDialog.setState({ request });
export const closeDialog = (): void => useDialog.setState({ request: null });
