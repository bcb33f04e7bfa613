import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleRegular,
  DeleteRegular,
  EditRegular,
  KeyRegular,
  LockClosedRegular,
  MoreHorizontalRegular,
} from '@fluentui/react-icons';
import { type MouseEvent, useEffect, useRef } from 'react';
import type { Host, SecretPlace } from '#shared/contract/hosts.ts';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { goFiles } from '../app/navigation.ts';
import { loadHosts } from '../app/stores/hosts.ts';
import { type MenuChoice, openMenu } from '../ui/context-menu.tsx';
import { formatBytes, formatTime } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { reportError } from '../ui/toasts.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import { kindNames } from './attach-form.ts';
import { CheckList } from './check-list.tsx';
import { openHostDialog } from './dialog-state.ts';
import { HostBadges } from './host-badges.tsx';
import { HostIcon } from './host-icon.tsx';
import { useHostTest } from './use-host-test.ts';

const useStyles = makeStyles({
  card: {
    display: 'grid',
    gridTemplateColumns: '24px minmax(0, 1fr) 190px auto',
    columnGap: '14px',
    rowGap: '8px',
    alignItems: 'start',
    padding: '14px 12px 14px 16px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  asked: { border: `1px solid ${tokens.colorBrandStroke1}`, boxShadow: `inset 0 0 0 1px ${tokens.colorBrandStroke1}` },
  icon: { fontSize: '24px', color: tokens.colorBrandForeground1 },
  words: { minWidth: 0, display: 'flex', flexDirection: 'column', gap: '3px' },
  name: { display: 'flex', alignItems: 'center', gap: '8px', minHeight: '24px', minWidth: 0 },
  nameText: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: '21px',
    fontWeight: tokens.fontWeightSemibold,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  place: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere', userSelect: 'text' },
  status: { display: 'grid', gridTemplateColumns: '16px minmax(0, 1fr)', columnGap: '6px', overflowWrap: 'anywhere' },
  statusIcon: { display: 'flex', paddingTop: '2px' },
  hint: { gridColumn: '2', color: tokens.colorNeutralForeground2 },
  faint: { color: tokens.colorNeutralForeground3 },
  space: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2, paddingTop: '4px' },
  spaceWords: { marginBottom: '5px', textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  actions: { display: 'flex', gap: '2px' },
  vfolders: { display: 'flex', flexWrap: 'wrap', gap: '4px', margin: '4px 0 0', padding: 0, listStyleType: 'none' },
  vfolder: {
    maxWidth: '220px',
    padding: '1px 8px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: 'transparent',
    color: tokens.colorNeutralForeground1,
    font: 'inherit',
    fontSize: tokens.fontSizeBase200,
    lineHeight: '20px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  more: { alignSelf: 'center', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  checks: { gridColumn: '2 / -1' },
});

const secretWords: Record<SecretPlace, string | null> = {
  keychain: 'Credentials in the system’s keychain',
  file: 'Credentials in an encrypted file',
  session: 'Credentials forgotten when Stowage ends',
  none: null,
  missing: 'Credentials have to be given again',
};

/** At most so many of a host's vfolders are named. */
const mostVfolders = 24;

async function change(host: Host, what: { readOnly?: boolean; isDefault?: boolean }): Promise<void> {
  try {
    await client.hosts.update({ id: host.id, ...what });
    await loadHosts();
  } catch (error) {
    reportError(error, `“${visible(host.name)}” was not changed.`);
  }
}

/** What can be done with a host. */
function hostChoices(host: Host): Array<MenuChoice | 'divider'> {
  return [
    {
      label: 'Edit…',
      icon: <EditRegular />,
      run: () => openHostDialog({ kind: 'edit', id: host.id, credentials: false }),
    },
    {
      label: 'Make default',
      icon: <CheckmarkCircleRegular />,
      disabled: host.isDefault || host.readOnly,
      run: () => void change(host, { isDefault: true }),
    },
    {
      label: host.readOnly ? 'Allow writing' : 'Make read-only',
      icon: <LockClosedRegular />,
      run: () => void change(host, { readOnly: !host.readOnly }),
    },
    'divider',
    { label: 'Remove…', icon: <DeleteRegular />, run: () => openHostDialog({ kind: 'remove', id: host.id }) },
  ];
}

export const openHostMenu = (event: MouseEvent, host: Host): void =>
  openMenu(event, `Actions for ${visible(host.name)}`, hostChoices(host));

interface HostCardProps {
  readonly host: Host;
  /** It was asked for: it is marked and brought into view. */
  readonly asked: boolean;
}

/** One host: what it is, how it does, what is on it, and what can be done about it. */
export function HostCard({ host, asked }: HostCardProps) {
  const styles = useStyles();
  const card = useRef<HTMLElement>(null);
  const { test, run, stop } = useHostTest();
  useEffect(() => {
    if (asked) card.current?.scrollIntoView({ block: 'nearest' });
  }, [asked]);
  const name = visible(host.name);
  const wantsSecret = host.secret === 'missing';
  return (
    <section
      ref={card}
      className={mergeClasses(styles.card, asked && styles.asked)}
      aria-label={name}
      onContextMenu={(event) => openHostMenu(event, host)}
    >
      <HostIcon kind={host.kind} className={styles.icon} />
      <div className={styles.words}>
        <div className={styles.name}>
          <h2 className={styles.nameText} title={name}>
            {name}
          </h2>
          <HostBadges host={host} />
        </div>
        <div className={styles.place}>
          {kindNames[host.kind]} · {visible(host.root)}
        </div>
        <Status host={host} />
        {secretWords[host.secret] && <div className={styles.faint}>{secretWords[host.secret]}</div>}
        <VfoldersOn host={host} />
      </div>
      <Space host={host} />
      <div className={styles.actions}>
        {wantsSecret ? (
          <Button
            size="small"
            appearance="primary"
            icon={<KeyRegular />}
            onClick={() => openHostDialog({ kind: 'edit', id: host.id, credentials: true })}
          >
            Enter credentials
          </Button>
        ) : (
          <Button size="small" disabled={test.busy} onClick={() => void run({ id: host.id }).then(() => loadHosts())}>
            Test
          </Button>
        )}
        <Button
          size="small"
          appearance="subtle"
          icon={<EditRegular />}
          aria-label={`Edit ${name}`}
          title="Edit"
          onClick={() => openHostDialog({ kind: 'edit', id: host.id, credentials: false })}
        />
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          aria-label={`Actions for ${name}`}
          onClick={(event) => openHostMenu(event, host)}
        />
      </div>
      {(test.busy || test.result || test.problem) && (
        <div className={styles.checks}>
          <CheckList test={test} onStop={stop} />
        </div>
      )}
    </section>
  );
}

function Status({ host }: { readonly host: Host }) {
  const styles = useStyles();
  const { state, message, hint, checkedAt } = host.status;
  return (
    <div className={styles.status}>
      <span className={styles.statusIcon}>
        <ToneIcon tone={state} small />
      </span>
      <span>
        {state === 'checking' ? 'Looking whether it can be reached…' : visible(message)}
        {checkedAt !== null && state !== 'checking' && <span className={styles.faint}> · {formatTime(checkedAt)}</span>}
      </span>
      {hint && <span className={styles.hint}>{visible(hint)}</span>}
    </div>
  );
}

function VfoldersOn({ host }: { readonly host: Host }) {
  const styles = useStyles();
  if (host.vfolders.length === 0) return <div className={styles.faint}>No vfolders on it yet</div>;
  return (
    <ul className={styles.vfolders} aria-label={`vfolders on ${visible(host.name)}`}>
      {host.vfolders.slice(0, mostVfolders).map((vfolder) => (
        <li key={vfolder}>
          <button type="button" className={styles.vfolder} title={vfolder} onClick={() => goFiles({ vfolder, path: '' })}>
            {vfolder}
          </button>
        </li>
      ))}
      {host.vfolders.length > mostVfolders && <li className={styles.more}>and {host.vfolders.length - mostVfolders} more</li>}
    </ul>
  );
}

function Space({ host }: { readonly host: Host }) {
  const styles = useStyles();
  if (host.freeBytes === null) return <span />;
  const used = host.totalBytes ? 1 - host.freeBytes / host.totalBytes : null;
  return (
    <div className={styles.space}>
      <div className={styles.spaceWords}>
        {formatBytes(host.freeBytes)} free{host.totalBytes !== null && ` of ${formatBytes(host.totalBytes)}`}
      </div>
      {used !== null && (
        <ProgressBar label={`Space used on ${visible(host.name)}`} value={used} tone={used > 0.95 ? 'error' : 'normal'} />
      )}
    </div>
  );
}
