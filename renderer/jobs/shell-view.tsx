import { Button, makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { DismissRegular, WindowConsoleRegular } from '@fluentui/react-icons';
import { useEffect, useRef } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { engineKind } from '#shared/engines.ts';
import { visible } from '#shared/paths.ts';
import { useSettings } from '../app/stores/settings.ts';
import { useThemeName } from '../app/theme.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { hasEnded, whereItRuns } from './job-words.ts';
import { forgetShell, openShell, type ShellSession, useShells } from './shell-session.ts';
import { shellTheme } from './shell-theme.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    flexShrink: 0,
    minHeight: '40px',
    padding: '0 16px 0 20px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  where: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  actions: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: '12px', flexShrink: 0 },
  message: { margin: '12px 20px', flexShrink: 0 },
  place: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'hidden',
    padding: '8px 4px 8px 20px',
    backgroundColor: tokens.colorNeutralBackground1,
    ':focus-within': { outline: `1px solid ${tokens.colorBrandStroke1}`, outlineOffset: '-1px' },
  },
  terminal: {
    width: '100%',
    height: '100%',
    // The terminal's own rule for it bears no nonce.
    '& .xterm-scrollable-element > .scrollbar > .slider': { backgroundColor: tokens.colorNeutralStroke1 },
  },
});

/** A shell in a running job. It stays open while other tabs and screens are looked at. */
export function ShellView({ job }: { readonly job: Job }) {
  const session = useShells((state) => state[job.id]);
  const runs = job.state === 'running';
  // Who comes here wants a shell; one that has ended is opened again by choice only.
  useEffect(() => {
    if (runs && !useShells.getState()[job.id]) openShell(job.id);
  }, [job.id, runs]);
  // What an ended shell printed stays until the page is left.
  useEffect(
    () => () => {
      if (useShells.getState()[job.id]?.state === 'ended') forgetShell(job.id);
    },
    [job.id],
  );
  if (session) return <OpenShell session={session} job={job} />;
  return (
    <EmptyState title={hasEnded(job) ? 'The job has ended' : 'The job does not run yet'} icon={<WindowConsoleRegular />}>
      A shell can be opened inside of a job while it runs, to look around and to mend.
    </EmptyState>
  );
}

function OpenShell({ session, job }: { readonly session: ShellSession; readonly job: Job }) {
  const styles = useStyles();
  const actions = useRef<HTMLDivElement>(null);
  const { state, error, exitCode } = session;
  const where =
    engineKind(job.engine) === 'process' ? 'on this machine, as you, not isolated' : `in ${visible(whereItRuns(job))}`;
  const words = {
    opening: `Opening a shell ${where}`,
    open: `Shell ${where}`,
    ended: exitCode === null ? 'The shell has ended' : `The shell has ended with exit code ${exitCode}`,
  }[state];
  return (
    <div className={styles.root}>
      <div className={styles.bar} role="toolbar" aria-label="Shell">
        <span className={styles.where} role="status">
          {words}
        </span>
        {state === 'opening' && <Spinner size="extra-tiny" aria-hidden />}
        <div ref={actions} className={styles.actions}>
          {state === 'open' && <span className={styles.hint}>F6 leaves the shell</span>}
          {state === 'ended' ? (
            <Button
              size="small"
              icon={<WindowConsoleRegular />}
              disabled={job.state !== 'running'}
              onClick={() => openShell(job.id)}
            >
              New shell
            </Button>
          ) : (
            <Button size="small" icon={<DismissRegular />} onClick={() => session.close()}>
              Close
            </Button>
          )}
        </div>
      </div>
      {error && <ErrorMessage className={styles.message} error={error} />}
      <TerminalPlace session={session} leave={() => actions.current?.querySelector('button')?.focus()} />
    </div>
  );
}

/** Shows the terminal of a session; it goes on by itself when this is gone. */
function TerminalPlace({ session, leave }: { readonly session: ShellSession; readonly leave: () => void }) {
  const styles = useStyles();
  const place = useRef<HTMLDivElement>(null);
  const { terminal, element, fill } = session;
  const theme = useThemeName(useSettings((state) => state.settings.theme));
  const leaving = useRef(leave);
  leaving.current = leave;
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    element.className = mergeClasses(styles.terminal);
    parent.append(element);
    terminal.open(element);
    terminal.attachCustomKeyEventHandler((event) => handleKey(event, terminal, () => leaving.current()));
    fill();
    terminal.focus();
    const observer = new ResizeObserver(() => fill());
    observer.observe(parent);
    return () => {
      observer.disconnect();
      element.remove();
    };
  }, [terminal, element, fill, styles.terminal]);
  useEffect(() => {
    if (place.current) terminal.options.theme = shellTheme(place.current, theme !== 'light');
  }, [terminal, theme]);
  return <div ref={place} className={styles.place} />;
}

/** Every key is the shell's, but for the one that leaves it and those that copy. */
function handleKey(event: KeyboardEvent, terminal: ShellSession['terminal'], leave: () => void): boolean {
  if (event.type !== 'keydown') return true;
  if (event.key === 'F6') {
    event.preventDefault();
    leave();
    return false;
  }
  const isCopy = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'c';
  if (isCopy && terminal.hasSelection()) {
    event.preventDefault();
    void navigator.clipboard.writeText(terminal.getSelection());
    terminal.clearSelection();
    return false;
  }
  // The browser pastes, and the terminal hears of that.
  return !((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'v');
}
