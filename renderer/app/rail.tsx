import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  bundleIcon,
  FolderFilled,
  FolderRegular,
  RocketFilled,
  RocketRegular,
  SearchRegular,
  SettingsFilled,
  SettingsRegular,
  TaskListSquareLtrFilled,
  TaskListSquareLtrRegular,
} from '@fluentui/react-icons';
import { type ComponentType, type DragEvent, useEffect, useRef } from 'react';
import { carriesMountable } from '../planner/drag.ts';
import { openPalette } from './command-palette.tsx';
import { Logo } from './logo.tsx';
import { goFiles, goJobs, goLaunch, goSettings, type Screen, useNavigation } from './navigation.ts';
import { useJobs } from './stores/jobs.ts';

const FilesIcon = bundleIcon(FolderFilled, FolderRegular);
const LaunchIcon = bundleIcon(RocketFilled, RocketRegular);
const JobsIcon = bundleIcon(TaskListSquareLtrFilled, TaskListSquareLtrRegular);
const SettingsIcon = bundleIcon(SettingsFilled, SettingsRegular);

const useStyles = makeStyles({
  rail: {
    gridRow: '2',
    gridColumn: '1',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'stretch',
    gap: '4px',
    padding: '12px 8px',
    backgroundColor: tokens.colorNeutralBackground3,
  },
  logo: { display: 'flex', justifyContent: 'center', marginBottom: '12px' },
  item: {
    position: 'relative',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: '3px',
    padding: '8px 0 6px',
    border: 'none',
    borderRadius: tokens.borderRadiusLarge,
    background: 'transparent',
    color: tokens.colorNeutralForeground2,
    fontFamily: 'inherit',
    fontSize: '11px',
    lineHeight: '14px',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  current: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForeground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: tokens.shadow2,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1, color: tokens.colorBrandForeground1 },
  },
  icon: { fontSize: '22px', height: '22px' },
  badge: {
    position: 'absolute',
    top: '4px',
    right: '10px',
    minWidth: '15px',
    height: '15px',
    padding: '0 3px',
    boxSizing: 'border-box',
    borderRadius: '8px',
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    fontSize: '10px',
    lineHeight: '15px',
    fontWeight: tokens.fontWeightSemibold,
  },
  space: { flexGrow: 1 },
});

type Icon = ComponentType<{ filled?: boolean; 'aria-hidden'?: boolean; fontSize?: string }>;

const places: ReadonlyArray<{ screen: Screen; label: string; icon: Icon; go: () => void; key: string }> = [
  { screen: 'files', label: 'Files', icon: FilesIcon, go: () => goFiles(), key: '1' },
  { screen: 'launch', label: 'Launch', icon: LaunchIcon, go: () => goLaunch(), key: '2' },
  { screen: 'jobs', label: 'Jobs', icon: JobsIcon, go: () => goJobs(), key: '3' },
];

const active = new Set(['preparing', 'starting', 'running', 'finalizing']);

/** The left rail: the four places of the app. */
export function Rail() {
  const styles = useStyles();
  const running = useJobs((state) => state.jobs.filter((job) => active.has(job.state)).length);
  return (
    <nav className={styles.rail} aria-label="Main">
      <div className={styles.logo} title="Stowage">
        <Logo size={30} />
      </div>
      {places.map(({ screen, label, icon, go, key }) => (
        <RailItem
          key={screen}
          screen={screen}
          label={label}
          icon={icon}
          go={go}
          shortcut={key}
          badge={screen === 'jobs' ? running : 0}
        />
      ))}
      <div className={styles.space} />
      <button type="button" className={styles.item} onClick={openPalette} title="Commands and places (Ctrl+K)">
        <SearchRegular className={styles.icon} aria-hidden />
        Find
      </button>
      <RailItem screen="settings" label="Settings" icon={SettingsIcon} go={goSettings} shortcut="4" badge={0} />
    </nav>
  );
}

interface RailItemProps {
  readonly screen: Screen;
  readonly label: string;
  readonly icon: Icon;
  readonly go: () => void;
  readonly shortcut: string;
  readonly badge: number;
}

/** A drag that rests on Launch goes on there, to where the container takes it. */
const restBeforeOpening = 500;

function useOpenForDrag(screen: Screen, go: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (screen !== 'launch') return {};
  return {
    onDragEnter: (event: DragEvent) => {
      if (!carriesMountable(event.dataTransfer)) return;
      clearTimeout(timer.current);
      timer.current = setTimeout(go, restBeforeOpening);
    },
    onDragLeave: () => clearTimeout(timer.current),
  };
}

function RailItem({ screen, label, icon: Icon, go, shortcut, badge }: RailItemProps) {
  const styles = useStyles();
  const openForDrag = useOpenForDrag(screen, go);
  const current = useNavigation((state) => state.screen === screen);
  return (
    <button
      type="button"
      className={mergeClasses(styles.item, current && styles.current)}
      aria-current={current ? 'page' : undefined}
      onClick={go}
      {...openForDrag}
      title={badge > 0 ? `${label}, ${badge} running (Ctrl+${shortcut})` : `${label} (Ctrl+${shortcut})`}
    >
      <Icon filled={current} fontSize="22px" aria-hidden />
      {label}
      {badge > 0 && (
        <span className={styles.badge} aria-hidden>
          {badge}
        </span>
      )}
    </button>
  );
}
