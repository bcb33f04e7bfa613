import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, DismissRegular, FolderRegular, GridRegular, StorageRegular } from '@fluentui/react-icons';
import type { KeyboardEvent } from 'react';
import { locationKey, locationTitle } from './location.ts';
import { activateTab, closeTab, locationOf, openTab, type Tab, useTabs } from './tabs.ts';

const useStyles = makeStyles({
  strip: {
    display: 'flex',
    alignItems: 'flex-end',
    flexShrink: 0,
    height: '36px',
    padding: '0 6px',
    backgroundColor: tokens.colorNeutralBackground3,
    overflow: 'hidden',
  },
  list: { display: 'flex', alignItems: 'flex-end', minWidth: 0, gap: '2px' },
  slot: {
    position: 'relative',
    display: 'flex',
    minWidth: '64px',
    maxWidth: '200px',
    flexShrink: 1,
    height: '30px',
    borderRadius: '6px 6px 0 0',
    color: tokens.colorNeutralForeground2,
    ':hover': { backgroundColor: tokens.colorNeutralBackground5 },
  },
  selected: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightMedium,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1 },
  },
  tab: {
    display: 'flex',
    alignItems: 'center',
    gap: '6px',
    minWidth: 0,
    flexGrow: 1,
    padding: '0 28px 0 10px',
    border: 'none',
    borderRadius: 'inherit',
    background: 'transparent',
    color: 'inherit',
    font: 'inherit',
    cursor: 'default',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  title: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  icon: { flexShrink: 0, fontSize: '16px' },
  close: {
    position: 'absolute',
    right: '5px',
    top: '6px',
    display: 'flex',
    padding: '3px',
    border: 'none',
    borderRadius: '4px',
    background: 'transparent',
    color: 'inherit',
    fontSize: '12px',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorNeutralBackground5 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  add: {
    display: 'flex',
    alignSelf: 'center',
    marginLeft: '4px',
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
});

export function TabStrip() {
  const styles = useStyles();
  const { tabs, activeId } = useTabs();
  const onKeyDown = (event: KeyboardEvent, at: number): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.altKey || step === 0) {
      if (event.key === 'Delete') closeTab(tabs[at]?.id ?? -1);
      return;
    }
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    activateTab(next.id);
    document.getElementById(`files-tab-${next.id}`)?.focus();
  };
  return (
    <div className={styles.strip}>
      <div className={styles.list} role="tablist" aria-label="Open folders">
        {tabs.map((tab, at) => (
          <TabItem key={tab.id} tab={tab} selected={tab.id === activeId} onKeyDown={(event) => onKeyDown(event, at)} />
        ))}
      </div>
      <button type="button" className={styles.add} aria-label="New tab" title="New tab (Alt+T)" onClick={() => openTab()}>
        <AddRegular aria-hidden />
      </button>
    </div>
  );
}

const icons = { home: GridRegular, trash: DeleteRegular, hosts: StorageRegular, folder: FolderRegular } as const;

interface TabItemProps {
  readonly tab: Tab;
  readonly selected: boolean;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function TabItem({ tab, selected, onKeyDown }: TabItemProps) {
  const styles = useStyles();
  const location = locationOf(tab);
  const title = locationTitle(location);
  const Icon = icons[location.kind];
  return (
    <div className={mergeClasses(styles.slot, selected && styles.selected)} role="presentation">
      <button
        type="button"
        role="tab"
        id={`files-tab-${tab.id}`}
        aria-selected={selected}
        tabIndex={selected ? 0 : -1}
        className={styles.tab}
        title={location.kind === 'folder' ? locationKey(location) : title}
        onClick={() => activateTab(tab.id)}
        onAuxClick={(event) => event.button === 1 && closeTab(tab.id)}
        onKeyDown={onKeyDown}
      >
        <Icon className={styles.icon} aria-hidden />
        <span className={styles.title}>{title}</span>
      </button>
      <button
        type="button"
        className={styles.close}
        aria-hidden
        tabIndex={-1}
        title="Close tab (Alt+W)"
        onClick={() => closeTab(tab.id)}
      >
        <DismissRegular />
      </button>
    </div>
  );
}
