import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, GridRegular, LinkRegular } from '@fluentui/react-icons';
import { useRef } from 'react';
import { visible } from '#shared/paths.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { openHostMenu } from '../hosts/host-card.tsx';
import { HostIcon } from '../hosts/host-icon.tsx';
import { formatBytes } from '../ui/format.ts';
import { SmallBadge } from '../ui/small-badge.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import { openDialog } from './dialog-state.ts';
import { VfolderIcon } from './entry-icon.tsx';
import { FavouriteRows } from './favourite-rows.tsx';
import { useFavourites } from './favourites.ts';
import { LinkBadge } from './link-badge.tsx';
import { folder, home, hostsLocation } from './location.ts';
import { Branch, moveFocus, TreeRow } from './tree-row.tsx';
import { openVfolderMenu } from './vfolder-menu.tsx';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    backgroundColor: tokens.colorNeutralBackground2,
    overflow: 'hidden',
  },
  title: { margin: 0, fontSize: 'inherit', lineHeight: 'inherit', fontWeight: 'inherit' },
  scroll: { flexGrow: 1, overflowY: 'auto', overflowX: 'hidden', padding: '4px 6px 12px' },
  head: {
    display: 'flex',
    alignItems: 'center',
    height: '36px',
    padding: '0 8px 0 14px',
    fontWeight: tokens.fontWeightSemibold,
    flexShrink: 0,
  },
  section: {
    padding: '14px 8px 4px',
    fontSize: tokens.fontSizeBase100,
    lineHeight: '14px',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground3,
  },
  firstAdd: { marginLeft: 'auto' },
  add: {
    display: 'flex',
    padding: '5px',
    border: 'none',
    borderRadius: '4px',
    background: 'transparent',
    color: tokens.colorNeutralForeground2,
    fontSize: '16px',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorNeutralBackground5 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  plainIcon: { display: 'flex', fontSize: '18px', color: tokens.colorNeutralForeground3 },
  free: {
    flexShrink: 0,
    whiteSpace: 'nowrap',
    fontVariantNumeric: 'tabular-nums',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  note: { padding: '2px 8px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const statusWords = {
  ok: 'Ready',
  warning: 'Ready, with a warning',
  error: 'Not usable',
  checking: 'Being looked at',
} as const;

/** vfolders with their folders, hosts and the trash. */
export function FolderTree() {
  const styles = useStyles();
  const vfolders = useVfolders((state) => state.vfolders);
  const trashedCount = useVfolders((state) => state.trashed.length);
  const loaded = useVfolders((state) => state.loaded);
  const hosts = useHosts((state) => state.hosts);
  const anyFavourite = useFavourites().length > 0;
  const tree = useRef<HTMLDivElement>(null);
  return (
    <nav className={styles.root} aria-label="Folders">
      <div className={styles.head}>
        <h1 className={styles.title}>Files</h1>
        <button
          type="button"
          className={mergeClasses(styles.add, styles.firstAdd)}
          aria-label="Link a folder"
          title="Link a folder where it is"
          onClick={() => openDialog({ kind: 'link' })}
        >
          <LinkRegular aria-hidden />
        </button>
        <button
          type="button"
          className={styles.add}
          aria-label="New vfolder"
          title="New vfolder (Alt+N)"
          onClick={() => openDialog({ kind: 'create-vfolder' })}
        >
          <AddRegular aria-hidden />
        </button>
      </div>
      <div
        className={styles.scroll}
        role="tree"
        aria-label="Folders"
        ref={tree}
        onKeyDown={(event) => moveFocus(event, tree.current)}
      >
        <TreeRow
          level={1}
          location={home}
          icon={<GridRegular className={styles.plainIcon} aria-hidden />}
          label="All vfolders"
          first
        />
        {anyFavourite && (
          <div className={styles.section} role="presentation">
            Favourites
          </div>
        )}
        <FavouriteRows />
        <div className={styles.section} role="presentation">
          vfolders
        </div>
        {vfolders.map((vfolder) => (
          <Branch
            key={vfolder.id}
            level={1}
            location={folder(vfolder.name, '')}
            icon={<VfolderIcon usage={vfolder.usage} />}
            label={vfolder.name}
            onMenu={(event) => openVfolderMenu(event, vfolder)}
            badge={
              <>
                <LinkBadge vfolder={vfolder} />
                {vfolder.permission === 'ro' && <SmallBadge title="Read-only">ro</SmallBadge>}
              </>
            }
          />
        ))}
        {loaded && vfolders.length === 0 && <div className={styles.note}>None yet</div>}
        <div className={styles.section} role="presentation">
          Hosts
        </div>
        {hosts.map((host) => (
          <TreeRow
            key={host.id}
            level={1}
            location={hostsLocation(host.id)}
            icon={<HostIcon kind={host.kind} />}
            label={host.name}
            title={`${visible(host.root)}\n${visible(host.status.message)}`}
            onMenu={(event) => openHostMenu(event, host)}
            badge={
              <>
                {host.readOnly && <SmallBadge title="Read-only">ro</SmallBadge>}
                {host.freeBytes !== null && !host.readOnly && (
                  <span className={styles.free}>{formatBytes(host.freeBytes)} free</span>
                )}
                <ToneIcon tone={host.status.state} small label={statusWords[host.status.state]} />
              </>
            }
          />
        ))}
        <div className={styles.section} role="presentation" />
        <TreeRow
          level={1}
          location={{ kind: 'trash' }}
          icon={<DeleteRegular className={styles.plainIcon} aria-hidden />}
          label="Trash"
          badge={trashedCount > 0 ? <SmallBadge>{trashedCount}</SmallBadge> : null}
        />
      </div>
    </nav>
  );
}
