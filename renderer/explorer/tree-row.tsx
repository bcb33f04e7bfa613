import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { type DragEvent, type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { startVfolderDrag } from '../planner/drag.ts';
import { dropInto } from './drag.ts';
import { carriesEntries, carriesFiles } from './drag-types.ts';
import { EntryIcon } from './entry-icon.tsx';
import { toggleFavourite } from './favourites.ts';
import { type FolderLocation, folder, type Location, locationKey } from './location.ts';
import { activeTab, locationOf, navigate, openTab, useTabs } from './tabs.ts';
import { loadChildren, toggleExpanded, useChildren, useExpanded } from './tree-state.ts';

const useStyles = makeStyles({
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
  dimmed: { color: tokens.colorNeutralForeground4, ':hover': { color: tokens.colorNeutralForeground3 } },
  note: { padding: '2px 8px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

/** Arrow keys go over the items as they are shown; Right and Left open and close; a letter goes to the next that begins so. */
export function moveFocus(event: KeyboardEvent, tree: HTMLElement | null): void {
  if (!tree || event.altKey) return;
  const items = [...tree.querySelectorAll<HTMLElement>('[role="treeitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -items.length, End: items.length }[event.key];
  if (step !== undefined) {
    items[Math.min(items.length - 1, Math.max(0, at + step))]?.focus();
    event.preventDefault();
    return;
  }
  if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
    const begins = (item: HTMLElement): boolean =>
      item.querySelector('[data-label]')?.textContent?.toLowerCase().startsWith(event.key.toLowerCase()) ?? false;
    [...items.slice(at + 1), ...items.slice(0, at + 1)].find(begins)?.focus();
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
  /** What it stands for is not there: it leads nowhere. */
  readonly dimmed?: boolean;
  /** Takes keys before the row does; true when it did. */
  readonly keys?: (event: KeyboardEvent) => boolean;
  /** It can be dragged among its like: the type and data of that drag, and what takes a drop of one on it. */
  readonly reorder?: { readonly type: string; readonly data: string; readonly onDrop: (event: DragEvent) => void };
}

export function TreeRow(props: TreeRowProps) {
  const { level, location, icon, label, title, badge, expanded, onToggle, onMenu, first, dimmed, reorder } = props;
  const styles = useStyles();
  const selected = useTabs((state) => locationKey(locationOf(activeTab(state))) === locationKey(location));
  const [over, setOver] = useState(false);
  const takes = ({ dataTransfer }: DragEvent): boolean =>
    reorder?.type !== undefined && dataTransfer.types.includes(reorder.type)
      ? true
      : !dimmed && location.kind === 'folder' && (carriesFiles(dataTransfer) || carriesEntries(dataTransfer));
  const onDragOver = (event: DragEvent): void => {
    if (!takes(event)) return;
    event.preventDefault();
    setOver(true);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    if (!takes(event)) return;
    event.preventDefault();
    event.stopPropagation();
    if (reorder && event.dataTransfer.types.includes(reorder.type)) reorder.onDrop(event);
    else if (location.kind === 'folder') dropInto(event, location.vfolder, location.path);
  };
  const go = (newTab: boolean): void => {
    if (dimmed) return;
    if (newTab) openTab(location);
    else navigate(location);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys of a button in the row are its own.
    if (event.target !== event.currentTarget) return;
    const control = event.ctrlKey || event.metaKey;
    if (props.keys?.(event)) event.preventDefault();
    else if (event.key === 'Enter' && !event.altKey) go(control);
    else if (control && event.key.toLowerCase() === 'd' && location.kind === 'folder') toggleFavourite(location);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      role="treeitem"
      aria-level={level}
      aria-selected={selected}
      {...(expanded !== undefined && { 'aria-expanded': expanded })}
      tabIndex={selected || first ? 0 : -1}
      className={mergeClasses(styles.row, selected && styles.selected, dimmed && styles.dimmed, over && styles.drop)}
      style={{ paddingLeft: (level - 1) * 16 }}
      title={title ?? visible(label)}
      {...(reorder && { 'data-reorder': '' })}
      draggable={reorder !== undefined || (location.kind === 'folder' && !dimmed)}
      onDragStart={(event) => {
        if (location.kind === 'folder') startVfolderDrag(event.dataTransfer, formatAddress(location.vfolder, location.path));
        if (reorder) event.dataTransfer.setData(reorder.type, reorder.data);
      }}
      onClick={(event) => go(event.ctrlKey || event.metaKey)}
      onAuxClick={(event) => event.button === 1 && go(true)}
      onKeyDown={onKeyDown}
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
      <span className={styles.label} data-label>
        {visible(label)}
      </span>
      {badge}
    </div>
  );
}

interface BranchProps extends Omit<TreeRowProps, 'location' | 'expanded' | 'onToggle'> {
  readonly location: FolderLocation;
}

/** A folder whose subfolders are read when it is opened. */
export function Branch(props: BranchProps) {
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
