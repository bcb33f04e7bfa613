import { Button, makeStyles, mergeClasses } from '@fluentui/react-components';
import { ArrowUploadRegular, FolderArrowUpRegular, FolderOpenRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useRef, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';
import { goHosts } from '../app/navigation.ts';
import { loadHosts, useHosts } from '../app/stores/hosts.ts';
import { loadVfolders, useVfolders } from '../app/stores/vfolders.ts';
import { PreviewBeside } from '../previews/preview-beside.tsx';
import { takePreviewKey, usePreviewOpen } from '../previews/preview-open.ts';
import { PreviewToggle } from '../previews/preview-toggle.tsx';
import { startUpload } from '../transfers/start.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { launchWith, makeFolder } from './actions.ts';
import { openDialog } from './dialog-state.ts';
import { DropOverlay } from './drop-overlay.tsx';
import { FileTable, type FileTableHandle } from './file-table.tsx';
import { FilterField } from './filter-field.tsx';
import { FolderActions } from './folder-actions.tsx';
import { FolderFooter } from './folder-footer.tsx';
import { useListing } from './listing.ts';
import { folder } from './location.ts';
import { useSearchScope } from './search-scope.ts';
import { SearchView } from './search-view.tsx';
import { selectOne } from './selection.ts';
import { Toolbar } from './toolbar.tsx';
import { chooseAndUpload } from './upload-here.ts';
import { useCacheShares } from './use-cache-shares.ts';
import { refusingDrops, useFolderDrop } from './use-folder-drop.ts';
import { useFolderTable } from './use-folder-table.ts';
import { useOrder } from './use-order.ts';
import { usePaste } from './use-paste.ts';
import { useSort } from './use-sort.ts';

const useStyles = makeStyles({
  view: { flexGrow: 1, minHeight: 0, minWidth: 0, display: 'flex', flexDirection: 'column', position: 'relative' },
  rows: { flexGrow: 1, minHeight: 0, minWidth: 0, display: 'flex', flexDirection: 'column', position: 'relative' },
  content: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column', position: 'relative' },
  hidden: { display: 'none' },
  problem: { margin: '12px' },
});

interface FolderViewProps {
  readonly vfolder: string;
  readonly path: string;
  /** Name of an entry to select once it is there. */
  readonly select: string | null;
}

/** One folder: toolbar, table, footer; takes drops anywhere on it. */
export function FolderView({ vfolder, path, select }: FolderViewProps) {
  const styles = useStyles();
  const listing = useListing(vfolder, path);
  const [sort, setSort] = useSort();
  const { text, setText, scope, setScope, searching } = useSearchScope(vfolder, path);
  const filter = scope === 'folder' ? text : '';
  const results = useRef<FileTableHandle>(null);
  const opened = useVfolders((state) => state.vfolders.find((one) => one.name === vfolder));
  const cached = useCacheShares(vfolder, path, opened?.localPath === null);
  const shown = useOrder(listing.rows, listing.length, sort, filter, cached);
  const table = useFolderTable({ vfolder, path, shown, reload: listing.reload });
  const { setSelection, handle } = table;
  const readOnly = opened?.permission === 'ro';
  const served = useRef<string | null>(null);
  useEffect(() => {
    const id = select === null || served.current === select ? -1 : shown.rows.find(select);
    if (id < 0) return;
    served.current = select;
    setSelection(selectOne(id));
  }, [select, shown, setSelection]);
  useEffect(() => handle.current?.focus(), [handle]);
  const entryOf = useCallback((id: number) => shown.rows.entry(id), [shown.rows]);
  const { problem } = listing;
  useReadAgainWhenMended(opened, listing);
  useEffect(() => {
    // Whether a link is broken or a host is gone shows in the lists too.
    if (problem) void Promise.all([loadVfolders(), loadHosts()]);
  }, [problem]);
  const drop = useFolderDrop(vfolder, path);
  const empty = listing.complete && listing.problem === null && listing.length === 0;
  const newFolder = async (): Promise<void> => {
    const name = await makeFolder(vfolder, path, (name) => listing.rows.find(name) >= 0);
    if (name !== null) table.renameWhenThere(name);
  };
  const [left, setLeft] = useState(0);
  const leaveSearch = (): void => {
    setText('');
    setScope('folder');
    setLeft((times) => times + 1);
  };
  // When the rows of the folder are drawn again, and before another key can be pressed.
  useEffect(() => {
    if (left > 0) handle.current?.focus();
  }, [left, handle]);
  const [previewOpen, setPreviewOpen] = usePreviewOpen();
  const onKeyDown: typeof table.onKeyDown = (event, make) => {
    if (!takePreviewKey(event, previewOpen, setPreviewOpen)) table.onKeyDown(event, make);
  };
  useStrayKeys((event) => {
    if (searching) {
      if (event.key === 'Escape') leaveSearch();
      else results.current?.focus();
      return;
    }
    handle.current?.focus();
    onKeyDown(event, () => void newFolder());
  });
  usePaste((files) => {
    if (files) void startUpload(files, vfolder, path);
    else table.pasteHere();
  });
  return (
    <div className={styles.view} data-testid="folder-view" {...(searching ? refusingDrops : drop.handlers)}>
      <Toolbar location={folder(vfolder, path)}>
        <FilterField
          text={text}
          onText={(next) => {
            setText(next);
            (searching ? results : handle).current?.toTop();
          }}
          scope={scope}
          onScope={setScope}
          onLeave={leaveSearch}
          onRows={() => (searching ? results : handle).current?.focus()}
        />
        <FolderActions
          readOnly={readOnly}
          onNewFolder={() => void newFolder()}
          onLaunch={() => launchWith(vfolder, path)}
          onSync={() => openDialog({ kind: 'sync', vfolder, path })}
        />
        <PreviewToggle />
      </Toolbar>
      <PreviewBeside
        vfolder={vfolder}
        readOnly={readOnly}
        rows={shown.rows}
        ids={table.selected}
        entryOf={entryOf}
        shown={!searching}
        onClosed={() => handle.current?.focus()}
      >
        <div className={styles.rows}>
          {searching && (
            <SearchView
              ref={results}
              handle={results}
              vfolder={vfolder}
              readOnly={readOnly}
              path={path}
              query={text}
              onLeave={leaveSearch}
            />
          )}
          <div className={mergeClasses(styles.content, searching && styles.hidden)}>
            {listing.problem && (
              <ErrorMessage
                className={styles.problem}
                error={listing.problem}
                actions={
                  <>
                    <Button size="small" onClick={listing.reload}>
                      Try again
                    </Button>
                    {opened && <ProblemActions vfolder={opened} />}
                  </>
                }
              />
            )}
            {empty ? (
              <EmptyState
                icon={<FolderOpenRegular />}
                title={path === '' ? `“${vfolder}” is empty` : 'This folder is empty'}
                actions={
                  !readOnly && (
                    <>
                      <Button appearance="primary" icon={<ArrowUploadRegular />} onClick={() => chooseAndUpload('files')}>
                        Upload files
                      </Button>
                      <Button icon={<FolderArrowUpRegular />} onClick={() => chooseAndUpload('folder')}>
                        Upload a folder
                      </Button>
                    </>
                  )
                }
              >
                {readOnly
                  ? 'It is read-only; change its permission to put files in.'
                  : 'Drop files or folders here, or upload them.'}
              </EmptyState>
            ) : shown.ids.length === 0 && listing.length > 0 && !shown.busy ? (
              <EmptyState title="No name matches" actions={<Button onClick={() => setText('')}>Clear the filter</Button>}>
                Nothing in this folder has “{filter}” in its name.
              </EmptyState>
            ) : (
              <FileTable
                ref={handle}
                label={`Files in ${visible(formatAddress(vfolder, path))}`}
                shown={shown}
                sort={sort}
                onSort={(column) =>
                  setSort({
                    column,
                    descending: sort.column === column ? !sort.descending : column !== 'name' && column !== 'kind',
                  })
                }
                selection={table.selection}
                cut={table.cut}
                cached={cached}
                renaming={table.renaming}
                dropRow={drop.row}
                handlers={{ ...table.handlers, onDragOver: drop.onRowOver, onDrop: drop.onRowDrop }}
                onKeyDown={(event) => onKeyDown(event, () => void newFolder())}
                onBackgroundClick={table.clear}
                onBackgroundMenu={(event) => table.openBackgroundMenu(event, () => void newFolder())}
              />
            )}
            {drop.label && <DropOverlay label={drop.label} outlined={drop.row === null} />}
          </div>
        </div>
      </PreviewBeside>
      {!searching && (
        <FolderFooter
          vfolder={vfolder}
          shown={shown}
          length={listing.length}
          complete={listing.complete}
          selected={table.selected}
          filtered={filter.trim() !== ''}
          dragged={() => ({ vfolder, paths: table.selected.map((id) => shown.rows.entry(id).path) })}
        />
      )}
    </div>
  );
}

/** Reads a folder that could not be read again when its link points elsewhere or its host answers. */
function useReadAgainWhenMended(vfolder: Vfolder | undefined, { problem, reload }: ReturnType<typeof useListing>): void {
  const host = useHosts((state) => state.hosts.find((one) => one.id === vfolder?.host.id)?.status.state);
  const state = `${vfolder?.place} ${vfolder?.broken} ${host}`;
  const seen = useRef(state);
  useEffect(() => {
    if (seen.current === state) return;
    seen.current = state;
    if (problem) reload();
  });
}

/** Keys pressed while nothing has the focus, as after a dialog, belong to the folder that is shown. */
function useStrayKeys(take: (event: KeyboardEvent) => void): void {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.target === document.body && !document.querySelector('[role="dialog"], [role="menu"]')) latest.current(event);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** What leads out of a folder that cannot be read: a link points somewhere else, a host wants credentials. */
function ProblemActions({ vfolder }: { readonly vfolder: Vfolder }) {
  const host = useHosts((state) => state.hosts.find((one) => one.id === vfolder.host.id));
  return (
    <>
      {vfolder.kind === 'linked' && (
        <Button size="small" onClick={() => openDialog({ kind: 'link', vfolder })}>
          Re-point
        </Button>
      )}
      {host && host.kind !== 'local' && (
        <Button size="small" onClick={() => goHosts(host.id)}>
          Show the host
        </Button>
      )}
    </>
  );
}
