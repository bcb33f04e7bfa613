import { FluentProvider, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { lazy, Suspense, useEffect } from 'react';
import { FilesScreen } from '../explorer/files-screen.tsx';
import { useTransfersPanel } from '../transfers/panel-state.ts';
import { ContextMenus } from '../ui/context-menu.tsx';
import { SplitPane } from '../ui/split-pane.tsx';
import { Toasts } from '../ui/toasts.tsx';
import { useConnection } from './client.ts';
import { CrashBoundary } from './crash-boundary.tsx';
import { noteFrame, useFirstDrawing, whenAtRest } from './first-drawing.ts';
import { useGlobalShortcuts } from './global-shortcuts.ts';
import { type Screen, useNavigation } from './navigation.ts';
import { Rail } from './rail.tsx';
import { SignIn } from './sign-in.tsx';
import { StatusBar } from './status-bar.tsx';
import { useSettings } from './stores/settings.ts';
import { themes, useThemeName } from './theme.ts';

const Overlays = lazy(() => import('./overlays.tsx').then((m) => ({ default: m.Overlays })));
const TransfersPanel = lazy(() => import('../transfers/transfers-panel.tsx').then((m) => ({ default: m.TransfersPanel })));
const launchScreen = () => import('../launcher/launch-screen.tsx');
const jobsScreen = () => import('../jobs/jobs-screen.tsx');
const settingsScreen = () => import('../settings/settings-screen.tsx');
const LaunchScreen = lazy(() => launchScreen().then((m) => ({ default: m.LaunchScreen })));
const JobsScreen = lazy(() => jobsScreen().then((m) => ({ default: m.JobsScreen })));
const SettingsScreen = lazy(() => settingsScreen().then((m) => ({ default: m.SettingsScreen })));

const useStyles = makeStyles({
  app: { height: '100%', backgroundColor: tokens.colorNeutralBackground2, fontSize: '13px', lineHeight: '19px' },
  frame: {
    display: 'grid',
    height: '100%',
    gridTemplateRows: 'auto minmax(0, 1fr) auto',
    gridTemplateColumns: '76px minmax(0, 1fr)',
  },
  notice: {
    gridColumn: '1 / -1',
    padding: '4px 12px',
    textAlign: 'center',
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorPaletteYellowBackground2,
    color: tokens.colorNeutralForeground1,
  },
  main: {
    gridRow: '2',
    gridColumn: '2',
    minWidth: 0,
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
    overflow: 'hidden',
  },
  screen: { height: '100%', width: '100%', minHeight: 0, overflow: 'hidden' },
  centre: { height: '100%', display: 'flex', alignItems: 'center', justifyContent: 'center' },
});

/** The whole window: theme, frame and the screen that navigation names. */
export function App() {
  const styles = useStyles();
  const themeName = useThemeName(useSettings((state) => state.settings.theme));
  const connection = useConnection((state) => state.state);
  const loaded = useSettings((state) => state.loaded);
  useEffect(() => {
    document.documentElement.dataset.theme = themeName;
  }, [themeName]);
  return (
    <FluentProvider theme={themes[themeName]} style={{ height: '100%' }}>
      {/* Not a class of the provider: it would be put on every portal as well. */}
      <div className={styles.app}>
        <CrashBoundary>
          {connection === 'signed-out' ? (
            <SignIn />
          ) : loaded ? (
            <Frame />
          ) : (
            <div className={styles.centre}>
              <Spinner label="Opening Stowage" labelPosition="below" />
            </div>
          )}
        </CrashBoundary>
      </div>
      <Toasts />
    </FluentProvider>
  );
}

function Frame() {
  const styles = useStyles();
  const { state: connection, reason } = useConnection();
  const screen = useNavigation((state) => state.screen);
  const { open } = useTransfersPanel();
  const drawn = useFirstDrawing((state) => state.done);
  useGlobalShortcuts();
  useEffect(noteFrame, []);
  useEffect(() => {
    if (drawn) void whenAtRest([jobsScreen, launchScreen, settingsScreen]);
  }, [drawn]);
  return (
    <div className={styles.frame}>
      {connection !== 'ready' && (
        <div className={styles.notice} role="status">
          {['Reconnecting…', reason].filter(Boolean).join(' ')}
        </div>
      )}
      <Rail />
      <main className={styles.main}>
        <SplitPane
          name="transfers"
          label="Height of the transfers panel"
          direction="rows"
          sized="second"
          initial={216}
          min={120}
          max={560}
        >
          <div className={styles.screen}>
            <Suspense fallback={<Loading />}>{screenOf(screen)}</Suspense>
          </div>
          {open ? (
            <Suspense fallback={null}>
              <TransfersPanel />
            </Suspense>
          ) : null}
        </SplitPane>
      </main>
      <StatusBar />
      {drawn && (
        <Suspense fallback={null}>
          <Overlays />
        </Suspense>
      )}
      <ContextMenus />
    </div>
  );
}

function Loading() {
  const styles = useStyles();
  return (
    <div className={styles.centre}>
      <Spinner aria-label="Loading" />
    </div>
  );
}

function screenOf(screen: Screen) {
  switch (screen) {
    case 'files':
      return <FilesScreen />;
    case 'launch':
      return <LaunchScreen />;
    case 'jobs':
      return <JobsScreen />;
    case 'settings':
      return <SettingsScreen />;
  }
}
