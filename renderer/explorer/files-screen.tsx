import { makeStyles } from '@fluentui/react-components';
import { type DragEvent, lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { type Command, useCommands } from '../app/commands.ts';
import { useFirstDrawing } from '../app/first-drawing.ts';
import { useNavigation } from '../app/navigation.ts';
import { useSettings } from '../app/stores/settings.ts';
import { togglePreviewPane } from '../previews/preview-open.ts';
import { captureDrop } from '../transfers/dropped.ts';
import { SplitPane } from '../ui/split-pane.tsx';
import { openDialog } from './dialog-state.ts';
import { carriesFiles } from './drag-types.ts';
import { DropOverlay } from './drop-overlay.tsx';
import { FolderTree } from './folder-tree.tsx';
import { FolderView } from './folder-view.tsx';
import { HomeView } from './home-view.tsx';
import { HostsView } from './hosts-view.tsx';
import { type FolderLocation, folder, hostsLocation, type Location, locationKey } from './location.ts';
import { TabStrip } from './tab-strip.tsx';
import {
  activateTab,
  activeTab,
  closeTab,
  goBack,
  goForward,
  locationOf,
  navigate,
  openTab,
  restoreTabs,
  useTabs,
} from './tabs.ts';
import { TrashView } from './trash-view.tsx';
import { chooseAndUpload, offerVfolder } from './upload-here.ts';

const Dialogs = lazy(() => import('./dialogs.tsx').then((m) => ({ default: m.Dialogs })));

const useStyles = makeStyles({
  pane: { display: 'flex', flexDirection: 'column', height: '100%', minWidth: 0, minHeight: 0, position: 'relative' },
  view: { flexGrow: 1, minHeight: 0, minWidth: 0, display: 'flex', flexDirection: 'column', position: 'relative' },
});

let servedRequest = 0;

/** Tree, tabs and what the active tab shows. */
export function FilesScreen() {
  const styles = useStyles();
  const layout = useSettings((state) => state.settings.layout);
  const request = useNavigation((state) => state.filesRequest);
  const drawn = useFirstDrawing((state) => state.done);
  restoreTabs(layout);
  useEffect(() => {
    if (!request || request.number === servedRequest) return;
    servedRequest = request.number;
    const { value } = request;
    if ('host' in value) navigate(hostsLocation(value.host));
    else navigate(folder(value.vfolder, value.path), value.select ?? null);
  }, [request]);
  useTabKeys();
  useCommands('files', filesCommands);
  return (
    <SplitPane name="tree" label="Width of the folder tree" initial={236} min={170} max={480}>
      <FolderTree />
      <div className={styles.pane}>
        <TabStrip />
        <ActiveView />
        {drawn && (
          <Suspense fallback={null}>
            <Dialogs />
          </Suspense>
        )}
      </div>
    </SplitPane>
  );
}

function ActiveView() {
  const styles = useStyles();
  const tab = useTabs(activeTab);
  const location = locationOf(tab);
  const key = `${tab.id} ${locationKey(location)}`;
  if (location.kind === 'folder')
    return <FolderView key={key} vfolder={location.vfolder} path={location.path} select={tab.select} />;
  return (
    <OfferingDrop>
      <div className={styles.view}>{viewOf(location)}</div>
    </OfferingDrop>
  );
}

function viewOf(location: Exclude<Location, FolderLocation>) {
  switch (location.kind) {
    case 'home':
      return <HomeView />;
    case 'trash':
      return <TrashView />;
    case 'hosts':
      return <HostsView host={location.host} />;
  }
}

/** A drop where no folder is shown offers a new vfolder for it. */
function OfferingDrop({ children }: { readonly children: React.ReactNode }) {
  const styles = useStyles();
  const [over, setOver] = useState(false);
  const onDragOver = (event: DragEvent): void => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    setOver(true);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    const upload = captureDrop(event.dataTransfer);
    if (!upload) return;
    event.preventDefault();
    offerVfolder(upload);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the drop has a keyboard way, "New vfolder" and "Upload"
    <div
      className={styles.view}
      data-testid="drop-new-vfolder"
      onDragOver={onDragOver}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={onDrop}
    >
      {children}
      {over && <DropOverlay label="Create a vfolder from what you drop" />}
    </div>
  );
}

const filesCommands: readonly Command[] = [
  { id: 'upload-files', label: 'Upload files…', run: () => chooseAndUpload('files') },
  { id: 'upload-folder', label: 'Upload a folder…', run: () => chooseAndUpload('folder') },
  { id: 'preview', label: 'Show or hide the preview', hint: 'Space', run: togglePreviewPane },
  { id: 'new-tab', label: 'New tab', hint: 'Alt+T', run: () => openTab() },
  { id: 'open-trash', label: 'Open the trash', run: () => navigate({ kind: 'trash' }) },
  { id: 'all-hosts', label: 'Show the storage hosts', run: () => navigate(hostsLocation()) },
  { id: 'link-folder', label: 'Link a folder…', run: () => openDialog({ kind: 'link' }) },
  { id: 'all-vfolders', label: 'Show all vfolders', run: () => navigate({ kind: 'home' }) },
];

/** Keys of the tabs and the history; Alt, since Ctrl+T and Ctrl+W belong to a browser. */
function useTabKeys(): void {
  const keys = useMemo<Readonly<Record<string, () => void>>>(
    () => ({
      ArrowLeft: goBack,
      ArrowRight: goForward,
      t: () => openTab(),
      w: () => closeTab(activeTab(useTabs.getState()).id),
      n: () => openDialog({ kind: 'create-vfolder' }),
    }),
    [],
  );
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey && (event.key === 'PageDown' || event.key === 'PageUp')) {
        const { tabs, activeId } = useTabs.getState();
        const at = tabs.findIndex((tab) => tab.id === activeId) + (event.key === 'PageDown' ? 1 : -1);
        const next = tabs[(at + tabs.length) % tabs.length];
        if (next) activateTab(next.id);
        event.preventDefault();
        return;
      }
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      const run = keys[event.key];
      if (!run || document.querySelector('[role="dialog"]')) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [keys]);
}
