import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowUndoRegular, DeleteRegular } from '@fluentui/react-icons';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import type { TrashedFile } from '#shared/contract/files.ts';
import type { StowageError } from '#shared/errors.ts';
import { baseName, visible } from '#shared/paths.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract } from '../app/client.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatTime, plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';
import { restoreVfolder } from './actions.ts';
import { openDialog } from './dialog-state.ts';
import { EntryIcon, VfolderIcon } from './entry-icon.tsx';
import { Toolbar } from './toolbar.tsx';

const useStyles = makeStyles({
  scroll: { flexGrow: 1, minHeight: 0, overflowY: 'auto', padding: '0 6px 12px' },
  heading: { margin: '16px 8px 6px', fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  row: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(140px, 1fr) minmax(120px, 1fr) 130px auto',
    alignItems: 'center',
    columnGap: '10px',
    minHeight: '36px',
    padding: '0 8px',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  faint: { color: tokens.colorNeutralForeground3 },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  actions: { display: 'flex', gap: '4px' },
  problem: { margin: '12px' },
});

/** Trashed files of all vfolders, kept up to date. */
function useTrashedFiles(): { files: readonly TrashedFile[]; loaded: boolean; problem: StowageError | null; reload: () => void } {
  const [state, setState] = useState<{ files: readonly TrashedFile[]; loaded: boolean; problem: StowageError | null }>({
    files: [],
    loaded: false,
    problem: null,
  });
  const reload = useCallback(() => {
    client.files.listTrash({}).then(
      (files) => setState({ files: files.toSorted((a, b) => b.trashedAt - a.trashedAt), loaded: true, problem: null }),
      (error: unknown) => setState((before) => ({ ...before, loaded: true, problem: fromContract(error) })),
    );
  }, []);
  useEffect(() => {
    reload();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChange((change) => {
      if (change.type !== 'files' && change.type !== 'vfolders') return;
      clearTimeout(timer);
      timer = setTimeout(reload, 250);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [reload]);
  return { ...state, reload };
}

/** Trashed vfolders and files, to put back or to destroy. */
export function TrashView() {
  const styles = useStyles();
  const vfolders = useVfolders((state) => state.trashed);
  const { files, loaded, problem, reload } = useTrashedFiles();
  const [purging, setPurging] = useState<readonly TrashedFile[] | null>(null);
  const restore = (file: TrashedFile): void => {
    client.files.restore({ ids: [file.id] }).then(
      () => {
        reload();
        showToast({ intent: 'success', title: `Restored “${visible(baseName(file.path))}” to ${file.vfolder}` });
      },
      (error: unknown) => reportError(error, `“${visible(baseName(file.path))}” could not be restored.`),
    );
  };
  const purge = (): void => {
    const ids = (purging ?? []).map((file) => file.id);
    setPurging(null);
    client.files.purge({ ids }).then(reload, (error: unknown) => reportError(error, 'They could not be deleted.'));
  };
  const empty = loaded && files.length === 0 && vfolders.length === 0;
  return (
    <>
      <Toolbar location={{ kind: 'trash' }}>
        <Button size="small" disabled={files.length === 0} onClick={() => setPurging(files)}>
          Delete all files forever
        </Button>
      </Toolbar>
      {problem && <ErrorMessage className={styles.problem} error={problem} />}
      {empty ? (
        <EmptyState icon={<DeleteRegular />} title="The trash is empty">
          Deleted files and vfolders wait here until you put them back or delete them forever.
        </EmptyState>
      ) : (
        <div className={styles.scroll}>
          {vfolders.length > 0 && <h2 className={styles.heading}>vfolders</h2>}
          <ul className={styles.list}>
            {vfolders.map((vfolder) => (
              <TrashRow
                key={vfolder.id}
                icon={<VfolderIcon usage={vfolder.usage} />}
                name={vfolder.name}
                from={vfolder.host.name}
                at={vfolder.trashedAt}
                onRestore={() => void restoreVfolder(vfolder)}
                onPurge={() => openDialog({ kind: 'purge-vfolder', vfolder })}
              />
            ))}
          </ul>
          {files.length > 0 && <h2 className={styles.heading}>Files</h2>}
          <ul className={styles.list}>
            {files.map((file) => (
              <TrashRow
                key={file.id}
                icon={<EntryIcon entry={{ kind: file.kind, name: baseName(file.path) }} />}
                name={baseName(file.path)}
                from={formatAddress(file.vfolder, file.path)}
                at={file.trashedAt}
                onRestore={() => restore(file)}
                onPurge={() => setPurging([file])}
              />
            ))}
          </ul>
        </div>
      )}
      {purging && (
        <ConfirmDialog
          title={purging.length === 1 ? 'Delete this forever?' : `Delete ${plural(purging.length, 'item')} forever?`}
          action="Delete forever"
          onConfirm={purge}
          onCancel={() => setPurging(null)}
        >
          {purging.length === 1
            ? `“${visible(baseName(purging[0]?.path ?? ''))}” from ${purging[0]?.vfolder ?? ''} and everything in it is lost. This cannot be undone.`
            : 'All trashed files of all vfolders are lost. This cannot be undone.'}
        </ConfirmDialog>
      )}
    </>
  );
}

interface TrashRowProps {
  readonly icon: ReactNode;
  readonly name: string;
  readonly from: string;
  readonly at: number | null;
  readonly onRestore: () => void;
  readonly onPurge: () => void;
}

function TrashRow({ icon, name, from, at, onRestore, onPurge }: TrashRowProps) {
  const styles = useStyles();
  return (
    <li className={styles.row}>
      {icon}
      <span className={styles.text} title={visible(name)}>
        {visible(name)}
      </span>
      <span className={mergeClasses(styles.text, styles.faint)} title={visible(from)}>
        {visible(from)}
      </span>
      <span className={mergeClasses(styles.faint, styles.right)}>{formatTime(at)}</span>
      <span className={styles.actions}>
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowUndoRegular />}
          aria-label={`Restore ${visible(name)}`}
          onClick={onRestore}
        >
          Restore
        </Button>
        <Button
          size="small"
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={`Delete ${visible(name)} forever`}
          title="Delete forever"
          onClick={onPurge}
        />
      </span>
    </li>
  );
}
