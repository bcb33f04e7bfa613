import {
  Button,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Spinner,
  Tooltip,
  tokens,
} from '@fluentui/react-components';
import {
  ChevronDownRegular,
  ChevronRightRegular,
  DismissRegular,
  EyeRegular,
  FolderRegular,
  SelectAllOnRegular,
} from '@fluentui/react-icons';
import { type KeyboardEvent, useMemo, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { EntryIcon } from '../explorer/entry-icon.tsx';
import type { FolderRows } from '../explorer/folder-rows.ts';
import { describeKind } from '../explorer/kinds.ts';
import { EntryFacts } from '../properties/entry-facts.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatCount, formatTime, plural } from '../ui/format.ts';
import { isBoolean, useRemembered } from '../ui/remembered.ts';
import { isDraftOf, useDraft } from './drafts.ts';
import { Facts } from './facts.tsx';
import { PreviewContentView } from './preview-content.tsx';
import { type ShownAs, usePreview } from './use-preview.ts';

const useStyles = makeStyles({
  pane: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    minHeight: 0,
    minWidth: 0,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  more: {
    flexShrink: 0,
    maxHeight: '40%',
    overflowY: 'auto',
    padding: '0 12px 8px 4px',
    '> dl': { padding: '0 0 0 8px' },
  },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    flexShrink: 0,
    height: '42px',
    padding: '0 6px 0 12px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  title: { flexGrow: 1, minWidth: 0 },
  name: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: '18px',
    fontWeight: tokens.fontWeightSemibold,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  kind: {
    fontSize: '11px',
    lineHeight: '14px',
    color: tokens.colorNeutralForeground3,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  body: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  centre: { flexGrow: 1, display: 'grid', placeItems: 'center' },
  problem: { margin: '12px' },
});

export interface PreviewPaneProps {
  readonly vfolder: string;
  readonly readOnly: boolean;
  readonly rows: FolderRows;
  /** Which of the rows are selected. */
  readonly ids: readonly number[];
  /** The entry of a row. */
  readonly entryOf: (id: number) => Entry;
  /** Closes it and gives the focus back. */
  readonly onClose: () => void;
}

/** What is selected, looked into: the one file, or what several add up to. */
export function PreviewPane({ vfolder, readOnly, rows, ids, entryOf, onClose }: PreviewPaneProps) {
  const styles = useStyles();
  const [first] = ids;
  const single = useMemo(() => (ids.length === 1 && first !== undefined ? entryOf(first) : null), [entryOf, ids, first]);
  const editing = useDraft(({ draft, left }) => !left && single !== null && isDraftOf(draft, vfolder, single.path));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented || editing) return;
    // A search, a menu or a filter has the first claim to it.
    if ((event.target as Element).closest('.cm-search, [role="menu"], input')) return;
    event.preventDefault();
    onClose();
  };
  return (
    <section className={styles.pane} aria-label="Preview" onKeyDown={onKeyDown}>
      {single ? (
        <SinglePreview key={`${vfolder} ${single.path}`} vfolder={vfolder} entry={single} readOnly={readOnly} onClose={onClose} />
      ) : (
        <>
          <div className={styles.header}>
            <h2 className={`${styles.name} ${styles.title}`}>{ids.length > 1 ? plural(ids.length, 'item') : 'Preview'}</h2>
            <CloseButton onClose={onClose} />
          </div>
          {ids.length > 1 ? <Several rows={rows} ids={ids} /> : <Nothing />}
        </>
      )}
    </section>
  );
}

function CloseButton({ onClose }: { readonly onClose: () => void }) {
  return (
    <Tooltip content="Close the preview (Space)" relationship="label">
      <Button size="small" appearance="subtle" icon={<DismissRegular />} onClick={onClose} />
    </Tooltip>
  );
}

const Nothing = () => (
  <EmptyState icon={<EyeRegular />} title="Nothing is selected">
    Select a file to look into it.
  </EmptyState>
);

function Several({ rows, ids }: Pick<PreviewPaneProps, 'rows' | 'ids'>) {
  const { files, bytes } = useMemo(() => {
    const sum = { files: 0, bytes: 0 };
    for (const id of ids) {
      if (rows.kind(id) === 'directory') continue;
      sum.files += 1;
      sum.bytes += rows.size(id);
    }
    return sum;
  }, [rows, ids]);
  return (
    <EmptyState icon={<SelectAllOnRegular />} title={`${plural(ids.length, 'item')} selected`}>
      {files > 0 && `${plural(files, 'file')}, ${formatBytes(bytes)}`}
      {files > 0 && files < ids.length && ' · '}
      {files < ids.length && plural(ids.length - files, 'folder')}
    </EmptyState>
  );
}

const waysToShow = [
  ['auto', 'By its kind'],
  ['text', 'As text'],
  ['hex', 'As bytes'],
] as const;

interface SinglePreviewProps {
  readonly vfolder: string;
  readonly entry: Entry;
  readonly readOnly: boolean;
  readonly onClose: () => void;
}

function SinglePreview({ vfolder, entry, readOnly, onClose }: SinglePreviewProps) {
  const styles = useStyles();
  const [as, setAs] = useState<ShownAs>(() => {
    // A draft that is come back to is edited as the text it was.
    const { draft } = useDraft.getState();
    return isDraftOf(draft, vfolder, entry.path) ? 'text' : undefined;
  });
  const editing = useDraft(({ draft }) => isDraftOf(draft, vfolder, entry.path));
  const { shown, slow, reload } = usePreview(vfolder, entry, as, editing);
  const looksInto = entry.kind === 'file' || entry.kind === 'symlink';
  const preview = shown?.preview ?? null;
  return (
    <>
      <div className={styles.header}>
        <EntryIcon entry={entry} />
        <div className={styles.title}>
          <h2 className={styles.name} title={visible(entry.name)}>
            {visible(entry.name)}
          </h2>
          <div className={styles.kind}>
            {describeKind(entry)}
            {entry.kind === 'file' && ` · ${formatBytes(entry.size)}`}
          </div>
        </div>
        {looksInto && entry.size > 0 && (
          <Menu
            checkedValues={{ as: [as ?? 'auto'] }}
            onCheckedValueChange={(_, { checkedItems: [chosen] }) =>
              setAs(chosen === 'text' || chosen === 'hex' ? chosen : undefined)
            }
          >
            <MenuTrigger disableButtonEnhancement>
              <Tooltip content="Show as" relationship="label">
                <Button size="small" appearance="subtle" icon={<EyeRegular />} disabled={editing} />
              </Tooltip>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {waysToShow.map(([value, words]) => (
                  <MenuItemRadio key={value} name="as" value={value}>
                    {words}
                  </MenuItemRadio>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
        )}
        <CloseButton onClose={onClose} />
      </div>
      <div className={styles.body} aria-busy={looksInto && shown === null}>
        {!looksInto && (
          <EmptyState icon={entry.kind === 'directory' ? <FolderRegular /> : undefined} title={visible(entry.name)}>
            {entry.kind === 'directory'
              ? 'Open the folder to see what is in it.'
              : 'Pipes, sockets and devices are never opened.'}
          </EmptyState>
        )}
        {looksInto && shown === null && slow && (
          <div className={styles.centre}>
            <Spinner size="small" label="Reading…" />
          </div>
        )}
        {shown?.problem && (
          <ErrorMessage
            className={styles.problem}
            error={shown.problem}
            actions={
              <Button size="small" onClick={reload}>
                Try again
              </Button>
            }
          />
        )}
        {preview && (
          <PreviewContentView
            key={shown?.key}
            vfolder={vfolder}
            path={entry.path}
            preview={preview}
            writable={!readOnly && entry.kind === 'file' && entry.packed !== true}
            reload={reload}
          />
        )}
      </div>
      <Facts
        facts={[
          ['Kind', describeKind(entry)],
          ...(entry.kind === 'file'
            ? ([['Size', `${formatBytes(entry.size)} (${formatCount(entry.size)} bytes)`]] as const)
            : []),
          ['Modified', formatTime(entry.modified)],
          ...(entry.linkTarget === undefined ? [] : ([['Points to', visible(entry.linkTarget)]] as const)),
        ]}
      />
      {entry.kind === 'file' && <MoreFacts key={entry.path} vfolder={vfolder} entry={entry} />}
    </>
  );
}

/** What only the host can tell, asked for when it is wanted: it takes a request for each file that is looked at. */
function MoreFacts({ vfolder, entry }: { readonly vfolder: string; readonly entry: Entry }) {
  const styles = useStyles();
  const [open, setOpen] = useRemembered('preview.more', false, isBoolean);
  return (
    <div className={styles.more}>
      <Button
        size="small"
        appearance="transparent"
        aria-expanded={open}
        icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
        onClick={() => setOpen(!open)}
      >
        {open ? 'Less' : 'More from the host'}
      </Button>
      {open && <EntryFacts vfolder={vfolder} entry={entry} />}
    </div>
  );
}
