import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  AddRegular,
  ChevronDownRegular,
  ChevronRightRegular,
  DeleteRegular,
  GridRegular,
  LinkRegular,
} from '@fluentui/react-icons';
import { type DragEvent, type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { visible } from '#shared/paths.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { openHostMenu } from '../hosts/host-card.tsx';
import { HostIcon } from '../hosts/host-icon.tsx';
import { formatBytes } from '../ui/format.ts';
import { SmallBadge } from '../ui/small-badge.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import { openDialog } from './dialog-state.ts';
import { carriesEntries, carriesFiles, dropInto } from './drag.ts';
import { EntryIcon, VfolderIcon } from './entry-icon.tsx';
import { LinkBadge } from './link-badge.tsx';
import { type FolderLocation, folder, home, hostsLocation, type Location, locationKey } from './location.ts';
import { activeTab, locationOf, navigate, openTab, useTabs } from './tabs.ts';
import { loadChildren, toggleExpanded, useChildren, useExpanded } from './tree-state.ts';
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
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '6px',
    height: '28px',
    paddingRight: '8px',
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'default',
    userSelect: 'none',
    outline: 'none',
    color: tokens.colorNeutralForeground1,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1Hover },
    ':focus-visible': { boxShadow: `inset 0 0 0 2px ${tokens.colorStrokeFocus2}` },
  },
  selected: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    fontWeight: tokens.fontWeightMedium,
    color: tokens.colorNeutralForeground1Selected,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundSelected, color: tokens.colorNeutralForeground1Selected },
  },
  drop: { boxShadow: `inset 0 0 0 2px ${tokens.colorBrandStroke1}`, backgroundColor: tokens.colorBrandBackground2 },
  chevron: { display: 'flex', width: '16px', flexShrink: 0, fontSize: '12px', color: tokens.colorNeutralForeground3 },
  label: { flexGrow: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
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

/** Arrow keys go over the items as they are shown; Right and Left open and close. */
function moveFocus(event: KeyboardEvent, tree: HTMLElement | null): void {
  if (!tree || event.altKey) return;
  const items = [...tree.querySelectorAll<HTMLElement>('[role="treeitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -items.length, End: items.length }[event.key];
  if (step !== undefined) {
    items[Math.min(items.length - 1, Math.max(0, at + step))]?.focus();
    event.preventDefault();
    return;
  }
  const current = items[at];
  const expanded = current?.getAttribute('aria-expanded');
  const opens = event.key === 'ArrowRight' && expanded === 'false';
  const closes = event.key === 'ArrowLeft' && expanded === 'true';
  if (opens || closes) current?.querySelector<HTMLElement>('[data-chevron]')?.click();
  else if (event.key === 'ArrowRight' && expanded === 'true') items[at + 1]?.focus();
  else if (event.key === 'ArrowLeft' && current) {
    const level = Number(current.getAttribute('aria-level'));
    items
      .slice(0, at)
      .findLast((item) => Number(item.getAttribute('aria-level')) < level)
      ?.focus();
  } else return;
  event.preventDefault();
}

interface TreeRowProps {
  readonly level: number;
  readonly location: Location;
  readonly icon: ReactNode;
  readonly label: string;
  /** Beside the pointer, instead of the label. */
  readonly title?: string;
  readonly badge?: ReactNode;
  readonly expanded?: boolean;
  readonly onToggle?: () => void;
  readonly onMenu?: (event: MouseEvent) => void;
  readonly first?: boolean;
}

function TreeRow({ level, location, icon, label, title, badge, expanded, onToggle, onMenu, first }: TreeRowProps) {
  const styles = useStyles();
  const selected = useTabs((state) => locationKey(locationOf(activeTab(state))) === locationKey(location));
  const [over, setOver] = useState(false);
  const takesDrops = location.kind === 'folder';
  const onDragOver = (event: DragEvent): void => {
    if (!takesDrops || !(carriesFiles(event.dataTransfer) || carriesEntries(event.dataTransfer))) return;
    event.preventDefault();
    setOver(true);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    if (location.kind !== 'folder') return;
    event.preventDefault();
    event.stopPropagation();
    dropInto(event, location.vfolder, location.path);
  };
  return (
    <div
      role="treeitem"
      aria-level={level}
      aria-selected={selected}
      {...(expanded !== undefined && { 'aria-expanded': expanded })}
      tabIndex={selected || first ? 0 : -1}
      className={mergeClasses(styles.row, selected && styles.selected, over && styles.drop)}
      style={{ paddingLeft: (level - 1) * 16 }}
      title={title ?? visible(label)}
      onClick={(event) => (event.ctrlKey || event.metaKey ? openTab(location) : navigate(location))}
      onAuxClick={(event) => event.button === 1 && openTab(location)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.altKey) navigate(location);
      }}
      onContextMenu={onMenu}
      onDragOver={onDragOver}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: Right and Left of the tree item do the same */}
      <span
        className={styles.chevron}
        data-chevron={onToggle ? '' : undefined}
        onClick={(event) => {
          event.stopPropagation();
          onToggle?.();
        }}
      >
        {onToggle && (expanded ? <ChevronDownRegular aria-hidden /> : <ChevronRightRegular aria-hidden />)}
      </span>
      {icon}
      <span className={styles.label}>{visible(label)}</span>
      {badge}
    </div>
  );
}

interface BranchProps extends Omit<TreeRowProps, 'location' | 'expanded' | 'onToggle'> {
  readonly location: FolderLocation;
}

/** A folder whose subfolders are read when it is opened. */
function Branch(props: BranchProps) {
  const styles = useStyles();
  const { location, level } = props;
  const { vfolder, path } = location;
  const key = locationKey(location);
  const expanded = useExpanded((state) => state.keys.has(key));
  const children = useChildren((state) => state.byKey[key]);
  useEffect(() => {
    if (expanded) void loadChildren(folder(vfolder, path));
  }, [expanded, vfolder, path]);
  return (
    <>
      <TreeRow {...props} expanded={expanded} onToggle={() => toggleExpanded(key)} />
      {expanded &&
        children?.map((child) => (
          <Branch
            key={child.path}
            level={level + 1}
            location={folder(location.vfolder, child.path)}
            icon={<EntryIcon entry={child} />}
            label={child.name}
          />
        ))}
      {expanded && children?.length === 0 && (
        <div className={styles.note} style={{ paddingLeft: level * 16 + 22 }}>
          No folders in it
        </div>
      )}
    </>
  );
}
