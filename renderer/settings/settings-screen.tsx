import { Badge, Button, makeStyles, mergeClasses, Radio, RadioGroup, Select, Spinner, tokens } from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  CheckmarkCircleFilled,
  DismissCircleFilled,
  ErrorCircleFilled,
  WarningFilled,
} from '@fluentui/react-icons';
import { type ReactNode, useCallback, useEffect, useId, useState } from 'react';
import type { Check, Settings } from '#shared/contract/app.ts';
import type { EngineStatus } from '#shared/contract/engines.ts';
import type { Host } from '#shared/contract/hosts.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { loadEngines, useEngines } from '../app/stores/engines.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, plural } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { reportError } from '../ui/toasts.tsx';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto' },
  page: { maxWidth: '860px', padding: '0 24px 40px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, lineHeight: '48px' },
  section: { marginBottom: '28px' },
  head: { display: 'flex', alignItems: 'center', gap: '12px', minHeight: '28px', marginBottom: '8px' },
  heading: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  aside: { marginLeft: 'auto' },
  card: { border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium, overflow: 'hidden' },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    padding: '10px 14px',
    minHeight: '28px',
    ':not(:last-child)': { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  top: { alignItems: 'flex-start' },
  icon: { fontSize: '18px', flexShrink: 0 },
  good: { color: tokens.colorPaletteGreenForeground1 },
  caution: { color: tokens.colorPaletteDarkOrangeForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  quietIcon: { color: tokens.colorNeutralForeground3 },
  words: { minWidth: 0, flexGrow: 1 },
  name: { fontWeight: tokens.fontWeightSemibold, display: 'flex', alignItems: 'center', gap: '8px' },
  text: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  hint: { marginTop: '2px', overflowWrap: 'anywhere' },
  label: { width: '140px', flexShrink: 0, color: tokens.colorNeutralForeground2 },
  value: { minWidth: 0, overflowWrap: 'anywhere', userSelect: 'text' },
  space: { width: '190px', flexShrink: 0, fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  spaceWords: { marginBottom: '5px', textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  radios: { margin: '-4px 0 -4px -8px' },
});

const change = (settings: Partial<Settings>): void => {
  updateSettings(settings).catch((error: unknown) => reportError(error, 'The setting could not be kept.'));
};

interface GroupProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

function Group({ title, aside, children }: GroupProps) {
  const styles = useStyles();
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 className={styles.heading} id={id}>
          {title}
        </h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </div>
      {children}
    </section>
  );
}

type Tone = 'ok' | 'warning' | 'error' | 'off';

function ToneIcon({ tone }: { readonly tone: Tone }) {
  const styles = useStyles();
  const looks = {
    ok: [CheckmarkCircleFilled, styles.good, 'All right'],
    warning: [WarningFilled, styles.caution, 'Warning'],
    error: [ErrorCircleFilled, styles.bad, 'Problem'],
    off: [DismissCircleFilled, styles.quietIcon, 'Not there'],
  } as const;
  const [Icon, look, label] = looks[tone];
  return <Icon className={mergeClasses(styles.icon, look)} aria-label={label} />;
}

function Appearance() {
  const styles = useStyles();
  const theme = useSettings((state) => state.settings.theme);
  return (
    <Group title="Appearance">
      <div className={styles.card}>
        <div className={styles.row}>
          <span className={styles.label} id="settings-theme">
            Theme
          </span>
          <RadioGroup
            className={styles.radios}
            layout="horizontal"
            aria-labelledby="settings-theme"
            value={theme}
            onChange={(_, data) => change({ theme: data.value as Settings['theme'] })}
          >
            <Radio value="system" label="As the system" />
            <Radio value="light" label="Light" />
            <Radio value="dark" label="Dark" />
            <Radio value="contrast" label="High contrast" />
          </RadioGroup>
        </div>
      </div>
    </Group>
  );
}

const engineTone = (engine: EngineStatus): Tone =>
  engine.state === 'ready' ? 'ok' : engine.state === 'absent' ? 'off' : 'error';

function engineFacts(engine: EngineStatus): string {
  return [
    engine.cpus !== null && plural(engine.cpus, 'CPU'),
    engine.memoryBytes !== null && `${formatBytes(engine.memoryBytes)} memory`,
    engine.os,
  ]
    .filter(Boolean)
    .join(', ');
}

function Engines() {
  const styles = useStyles();
  const { engines, problem } = useEngines();
  const preferred = useSettings((state) => state.settings.defaultEngine);
  const [checking, setChecking] = useState(false);
  const check = async (): Promise<void> => {
    setChecking(true);
    await loadEngines();
    setChecking(false);
  };
  return (
    <Group
      title="Engines"
      aside={
        <Button
          size="small"
          icon={checking ? <Spinner size="extra-tiny" /> : <ArrowClockwiseRegular />}
          disabled={checking}
          onClick={() => void check()}
        >
          Check again
        </Button>
      }
    >
      {problem && <ErrorMessage error={problem} />}
      <div className={styles.card}>
        {engines.map((engine) => (
          <div key={engine.id} className={mergeClasses(styles.row, styles.top)}>
            <ToneIcon tone={engineTone(engine)} />
            <div className={styles.words}>
              <div className={styles.name}>
                {engine.name}
                {!engine.isolated && (
                  <Badge size="small" appearance="outline" color="warning">
                    not isolated
                  </Badge>
                )}
              </div>
              <div className={styles.text}>{visible(engine.message)}</div>
              {engine.state === 'ready' && engineFacts(engine) && <div className={styles.text}>{engineFacts(engine)}</div>}
            </div>
          </div>
        ))}
        <div className={styles.row}>
          <label className={styles.label} htmlFor="settings-engine">
            Default engine
          </label>
          <Select
            id="settings-engine"
            size="small"
            value={preferred ?? ''}
            onChange={(_, data) =>
              change({ defaultEngine: data.value === 'docker' || data.value === 'process' ? data.value : null })
            }
          >
            <option value="">Docker when it answers, else this machine</option>
            {engines.map((engine) => (
              <option key={engine.id} value={engine.id}>
                {engine.name}
              </option>
            ))}
          </Select>
        </div>
      </div>
    </Group>
  );
}

function HostRow({ host }: { readonly host: Host }) {
  const styles = useStyles();
  const used = host.freeBytes !== null && host.totalBytes ? 1 - host.freeBytes / host.totalBytes : null;
  return (
    <div className={mergeClasses(styles.row, styles.top)}>
      <ToneIcon tone={host.status.state === 'ok' ? 'ok' : 'error'} />
      <div className={styles.words}>
        <div className={styles.name}>
          {visible(host.name)}
          {host.isDefault && (
            <Badge size="small" appearance="outline" color="informative">
              default
            </Badge>
          )}
          {host.readOnly && (
            <Badge size="small" appearance="outline" color="informative">
              read-only
            </Badge>
          )}
        </div>
        <div className={styles.text}>{visible(host.root)}</div>
        <div className={styles.text}>
          {plural(host.vfolders.length, 'vfolder')}
          {host.status.message && ` · ${visible(host.status.message)}`}
        </div>
      </div>
      {host.freeBytes !== null && (
        <div className={styles.space}>
          <div className={styles.spaceWords}>
            {formatBytes(host.freeBytes)} free{host.totalBytes !== null && ` of ${formatBytes(host.totalBytes)}`}
          </div>
          {used !== null && (
            <ProgressBar label={`Space used on ${host.name}`} value={used} tone={used > 0.95 ? 'error' : 'normal'} />
          )}
        </div>
      )}
    </div>
  );
}

function Hosts() {
  const styles = useStyles();
  const { hosts, problem } = useHosts();
  return (
    <Group title="Storage hosts">
      {problem && <ErrorMessage error={problem} />}
      <div className={styles.card}>
        {hosts.map((host) => (
          <HostRow key={host.id} host={host} />
        ))}
      </div>
    </Group>
  );
}

function Doctor() {
  const styles = useStyles();
  const [result, setResult] = useState<{ checks: readonly Check[]; error: StowageError | null; busy: boolean }>({
    checks: [],
    error: null,
    busy: true,
  });
  const run = useCallback(async (): Promise<void> => {
    setResult((before) => ({ ...before, busy: true }));
    try {
      setResult({ checks: await client.app.doctor(), error: null, busy: false });
    } catch (error) {
      setResult({ checks: [], error: fromContract(error), busy: false });
    }
  }, []);
  useEffect(() => {
    void run();
  }, [run]);
  return (
    <Group
      title="Health"
      aside={
        <Button
          size="small"
          icon={result.busy ? <Spinner size="extra-tiny" /> : <ArrowClockwiseRegular />}
          disabled={result.busy}
          onClick={() => void run()}
        >
          Examine again
        </Button>
      }
    >
      {result.error && <ErrorMessage error={result.error} />}
      {result.checks.length > 0 && (
        <div className={styles.card}>
          {result.checks.map((check) => (
            <div key={check.name} className={mergeClasses(styles.row, styles.top)}>
              <ToneIcon tone={check.state} />
              <div className={styles.words}>
                <div className={styles.name}>{visible(check.name)}</div>
                <div className={styles.text}>{visible(check.message)}</div>
                {check.hint && <div className={styles.hint}>{visible(check.hint)}</div>}
              </div>
            </div>
          ))}
        </div>
      )}
    </Group>
  );
}

type Info = Awaited<ReturnType<typeof client.app.info>>;
const shellNames: Record<Info['shell'], string> = { electron: 'Desktop app', browser: 'Browser', cli: 'Command line' };

function About() {
  const styles = useStyles();
  const [info, setInfo] = useState<Info | null>(null);
  useEffect(() => {
    client.app.info().then(setInfo, (error: unknown) => reportError(error, 'About this program nothing could be read.'));
  }, []);
  const rows: readonly [string, string][] = info
    ? [
        ['Version', info.version],
        ['Data directory', info.home],
        ['Opened in', shellNames[info.shell]],
        ['System', info.platform],
        ['User', info.user],
      ]
    : [];
  return (
    <Group title="About Stowage">
      <div className={styles.card}>
        {rows.map(([name, value]) => (
          <div key={name} className={styles.row}>
            <span className={styles.label}>{name}</span>
            <span className={styles.value}>{visible(value)}</span>
          </div>
        ))}
      </div>
    </Group>
  );
}

/** Appearance, engines, storage hosts, health, and what this is. */
export function SettingsScreen() {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <div className={styles.page}>
        <h1 className={styles.title}>Settings</h1>
        <Appearance />
        <Engines />
        <Hosts />
        <Doctor />
        <About />
      </div>
    </div>
  );
}
