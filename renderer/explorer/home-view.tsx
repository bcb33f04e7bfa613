import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  AddRegular,
  ArrowUploadRegular,
  FolderAddRegular,
  FolderArrowUpRegular,
  MoreHorizontalRegular,
} from '@fluentui/react-icons';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatExactTime, formatTime } from '../ui/format.ts';
import { openDialog } from './dialog-state.ts';
import { VfolderIcon } from './entry-icon.tsx';
import { folder, home } from './location.ts';
import { navigate, openTab } from './tabs.ts';
import { Toolbar } from './toolbar.tsx';
import { chooseAndUpload } from './upload-here.ts';
import { openVfolderMenu } from './vfolder-menu.tsx';
import { Welcome } from './welcome.tsx';

const columns = 'minmax(180px, 1.2fr) 84px 96px minmax(110px, 0.8fr) minmax(120px, 1.4fr) 124px 36px';

const useStyles = makeStyles({
  scroll: { flexGrow: 1, minHeight: 0, overflowY: 'auto' },
  table: { display: 'block', width: '100%', borderSpacing: 0 },
  block: { display: 'block' },
  row: {
    display: 'grid',
    gridTemplateColumns: columns,
    alignItems: 'center',
    height: '38px',
    margin: '0 6px',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  head: {
    height: '28px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    position: 'sticky',
    top: 0,
    zIndex: 1,
    margin: 0,
    padding: '0 6px',
    borderRadius: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1 },
  },
  cell: {
    display: 'block',
    padding: '0 8px',
    textAlign: 'left',
    fontWeight: 'inherit',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    color: tokens.colorNeutralForeground2,
  },
  headCell: { fontWeight: tokens.fontWeightMedium, color: tokens.colorNeutralForeground3 },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  open: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    width: '100%',
    height: '38px',
    padding: '0 8px',
    border: 'none',
    borderRadius: tokens.borderRadiusMedium,
    background: 'transparent',
    color: tokens.colorNeutralForeground1,
    font: 'inherit',
    fontWeight: tokens.fontWeightMedium,
    textAlign: 'left',
    cursor: 'pointer',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  nameCell: { display: 'block', minWidth: 0, padding: 0 },
  problem: { margin: '12px' },
});

/** All vfolders, or the way to the first one. */
export function HomeView() {
  const styles = useStyles();
  const { vfolders, loaded, problem } = useVfolders();
  const welcomed = useSettings((state) => state.settings.welcomed);
  if (loaded && !welcomed) return <Welcome />;
  return (
    <>
      <Toolbar location={home}>
        <Button size="small" appearance="primary" icon={<AddRegular />} onClick={() => openDialog({ kind: 'create-vfolder' })}>
          New vfolder
        </Button>
      </Toolbar>
      {problem && <ErrorMessage className={styles.problem} error={problem} />}
      {loaded && vfolders.length === 0 ? <NoVfolders /> : <VfolderTable vfolders={vfolders} />}
    </>
  );
}

function NoVfolders() {
  return (
    <EmptyState
      icon={<FolderAddRegular />}
      title="Put your first data in"
      actions={
        <>
          <Button appearance="primary" icon={<FolderArrowUpRegular />} onClick={() => chooseAndUpload('folder')}>
            Choose a folder
          </Button>
          <Button icon={<ArrowUploadRegular />} onClick={() => chooseAndUpload('files')}>
            Choose files
          </Button>
          <Button icon={<AddRegular />} onClick={() => openDialog({ kind: 'create-vfolder' })}>
            New vfolder
          </Button>
        </>
      }
    >
      A vfolder holds data that jobs mount. Drop a folder anywhere here and a vfolder of its name is made for it.
    </EmptyState>
  );
}

function VfolderTable({ vfolders }: { readonly vfolders: readonly Vfolder[] }) {
  const styles = useStyles();
  const head = mergeClasses(styles.cell, styles.headCell);
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label="vfolders">
        <thead className={styles.block}>
          <tr className={mergeClasses(styles.row, styles.head)}>
            <th className={head}>Name</th>
            <th className={head}>Usage</th>
            <th className={head}>Permission</th>
            <th className={head}>Host</th>
            <th className={head}>Note</th>
            <th className={mergeClasses(head, styles.right)}>Last used</th>
            <th className={head} aria-label="Actions" />
          </tr>
        </thead>
        <tbody className={styles.block}>
          {vfolders.map((vfolder) => (
            <VfolderRow key={vfolder.id} vfolder={vfolder} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const usageWords = { general: 'General', data: 'Data', model: 'Model', output: 'Output' } as const;

function VfolderRow({ vfolder }: { readonly vfolder: Vfolder }) {
  const styles = useStyles();
  return (
    <tr className={styles.row} onContextMenu={(event) => openVfolderMenu(event, vfolder)}>
      <td className={styles.nameCell}>
        <button
          type="button"
          className={styles.open}
          onClick={(event) => (event.ctrlKey || event.metaKey ? openTab : navigate)(folder(vfolder.name, ''))}
        >
          <VfolderIcon usage={vfolder.usage} />
          <span className={styles.text}>{vfolder.name}</span>
        </button>
      </td>
      <td className={styles.cell}>{usageWords[vfolder.usage]}</td>
      <td className={styles.cell}>{vfolder.permission === 'ro' ? 'Read-only' : 'Read-write'}</td>
      <td className={styles.cell}>{vfolder.host.name}</td>
      <td className={styles.cell} title={vfolder.note}>
        {vfolder.note || '—'}
      </td>
      <td
        className={mergeClasses(styles.cell, styles.right)}
        title={vfolder.lastUsedAt === null ? 'Never used' : formatExactTime(vfolder.lastUsedAt)}
      >
        {formatTime(vfolder.lastUsedAt)}
      </td>
      <td className={styles.nameCell}>
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          aria-label={`Actions for ${vfolder.name}`}
          onClick={(event) => openVfolderMenu(event, vfolder)}
        />
      </td>
    </tr>
  );
}
