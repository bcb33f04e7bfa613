import {
  ArrowClockwiseRegular,
  ArrowDownloadRegular,
  ArrowSyncRegular,
  ArrowUploadRegular,
  ClipboardPasteRegular,
  CopyRegular,
  CutRegular,
  DeleteRegular,
  DocumentCopyRegular,
  EyeRegular,
  FolderAddRegular,
  FolderArrowUpRegular,
  FolderLinkRegular,
  FolderOpenRegular,
  InfoRegular,
  LinkRegular,
  OpenRegular,
  RenameRegular,
  RocketRegular,
  ShareRegular,
} from '@fluentui/react-icons';
import type { Entry } from '#shared/contract/files.ts';
import { cacheChoices } from '../cache/entry-choices.tsx';
import { opensFiles } from '../edits/open-file.ts';
import { openPreviewPane } from '../previews/preview-open.ts';
import { copyText, copyUrl, localPathOf } from '../properties/copy-text.ts';
import type { MenuChoice } from '../ui/context-menu.tsx';
import { copyAddress, download, launchWith, trashEntries } from './actions.ts';
import { openDialog } from './dialog-state.ts';
import { favouriteChoice } from './favourite-star.tsx';
import { folder, type Location } from './location.ts';
import { chooseAndUpload } from './upload-here.ts';

interface EntryMenu {
  readonly vfolder: string;
  readonly entries: readonly Entry[];
  readonly open: (entry: Entry) => void;
  readonly openTab: (location: Location) => void;
  readonly toClipboard: (cut: boolean, entries: readonly Entry[]) => void;
  readonly rename: () => void;
}

/** What can be done with the selected entries. */
export function entryChoices({ vfolder, entries, open, openTab, toClipboard, rename }: EntryMenu): Array<MenuChoice | 'divider'> {
  const [first] = entries;
  if (!first) return [];
  const single = entries.length === 1;
  const isFolder = single && first.kind === 'directory';
  const opening: Array<MenuChoice | 'divider'> = isFolder
    ? [
        { label: 'Open', icon: <FolderOpenRegular />, hint: 'Enter', run: () => open(first) },
        { label: 'Open in new tab', icon: <OpenRegular />, run: () => openTab(folder(vfolder, first.path)) },
        favouriteChoice(vfolder, first.path),
        { label: 'Launch with this folder', icon: <RocketRegular />, run: () => launchWith(vfolder, first.path) },
        {
          label: 'Sync…',
          icon: <ArrowSyncRegular />,
          run: () => openDialog({ kind: 'sync', vfolder, path: first.path }),
        },
        'divider',
      ]
    : single
      ? fileChoices(() => open(first))
      : [];
  return [
    ...opening,
    { label: 'Download', icon: <ArrowDownloadRegular />, run: () => void download(vfolder, entries) },
    { label: 'Copy', icon: <CopyRegular />, hint: 'Ctrl+C', run: () => toClipboard(false, entries) },
    { label: 'Cut', icon: <CutRegular />, hint: 'Ctrl+X', run: () => toClipboard(true, entries) },
    ...(single
      ? [
          {
            label: 'Copy address',
            icon: <DocumentCopyRegular />,
            run: () => void copyAddress(vfolder, first.path),
          } satisfies MenuChoice,
          ...placeChoices(vfolder, first),
        ]
      : []),
    ...cacheChoices(
      vfolder,
      entries.map((entry) => entry.path),
    ),
    'divider',
    { label: 'Rename', icon: <RenameRegular />, hint: 'F2', disabled: !single, run: rename },
    { label: 'Move to trash', icon: <DeleteRegular />, hint: 'Del', run: () => void trashEntries(vfolder, entries) },
    'divider',
    {
      label: 'Properties',
      icon: <InfoRegular />,
      hint: 'Alt+Enter',
      run: () => openDialog({ kind: 'properties', vfolder, entries }),
    },
  ];
}

function fileChoices(open: () => void): Array<MenuChoice | 'divider'> {
  const choices = [
    ...(opensFiles ? [{ label: 'Open with default app', icon: <OpenRegular />, hint: 'Enter', run: open }] : []),
    { label: 'Preview', icon: <EyeRegular />, hint: 'Space', run: openPreviewPane },
  ];
  return choices.length > 0 ? [...choices, 'divider'] : [];
}

/** Where an entry is found outside Stowage: a path of this machine, or a URL at its service. */
function placeChoices(vfolder: string, entry: Entry): MenuChoice[] {
  const path = localPathOf(vfolder, entry.path);
  if (path !== null) return [{ label: 'Copy path', icon: <FolderLinkRegular />, run: () => void copyText(path, 'Path') }];
  const share = (): void => openDialog({ kind: 'properties', vfolder, entries: [entry], tab: 'access' });
  return [
    { label: 'Copy URL', icon: <LinkRegular />, run: () => void copyUrl(vfolder, entry.path) },
    ...(entry.kind === 'file' ? [{ label: 'Share…', icon: <ShareRegular />, run: share }] : []),
  ];
}

interface BackgroundMenu {
  readonly vfolder: string;
  readonly path: string;
  readonly newFolder: () => void;
  /** Null when there is nothing to paste. */
  readonly paste: (() => void) | null;
  readonly reload: () => void;
}

/** What can be done with the folder that is shown. */
export function backgroundChoices({ vfolder, path, newFolder, paste, reload }: BackgroundMenu): Array<MenuChoice | 'divider'> {
  return [
    { label: 'New folder', icon: <FolderAddRegular />, hint: 'Ctrl+Shift+N', run: newFolder },
    { label: 'Upload files…', icon: <ArrowUploadRegular />, run: () => chooseAndUpload('files') },
    { label: 'Upload a folder…', icon: <FolderArrowUpRegular />, run: () => chooseAndUpload('folder') },
    { label: 'Paste', icon: <ClipboardPasteRegular />, hint: 'Ctrl+V', disabled: paste === null, run: () => paste?.() },
    'divider',
    { ...favouriteChoice(vfolder, path), hint: 'Ctrl+D' },
    { label: 'Launch with this folder', icon: <RocketRegular />, run: () => launchWith(vfolder, path) },
    { label: 'Sync…', icon: <ArrowSyncRegular />, run: () => openDialog({ kind: 'sync', vfolder, path }) },
    { label: 'Copy address', icon: <DocumentCopyRegular />, run: () => void copyAddress(vfolder, path) },
    { label: 'Refresh', icon: <ArrowClockwiseRegular />, hint: 'F5', run: reload },
  ];
}
