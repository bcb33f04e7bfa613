import { Button, makeStyles, Spinner, Tab, TabList, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import { assertNever, type StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { goJobs } from '../app/navigation.ts';
import { useJobs } from '../app/stores/jobs.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatExactTime, formatTime } from '../ui/format.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import { useNow } from '../ui/use-now.ts';
import { InputsTab } from './inputs-tab.tsx';
import { JobActions } from './job-actions.tsx';
import { JobFiles } from './job-files.tsx';
import { JobPlan } from './job-plan.tsx';
import { JobProgress } from './job-progress.tsx';
import { commandOf, durationOf, hasEnded, whereItRuns } from './job-words.ts';
import { LogView } from './log-view.tsx';
import { PortsLine } from './ports-line.tsx';

/** They bring libraries along that the rest does not need. */
const MetricsView = lazy(() => import('./metrics-view.tsx').then((m) => ({ default: m.MetricsView })));
const ShellView = lazy(() => import('./shell-view.tsx').then((m) => ({ default: m.ShellView })));

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  header: { flexShrink: 0, padding: '10px 16px 0 12px' },
  line: { display: 'flex', alignItems: 'center', gap: '8px', minHeight: '28px' },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    minWidth: 0,
  },
  state: { marginLeft: '4px' },
  actions: { marginLeft: 'auto' },
  facts: { display: 'flex', flexWrap: 'wrap', columnGap: '24px', rowGap: '2px', margin: '6px 0 0 40px', padding: 0 },
  fact: { display: 'flex', gap: '6px', minWidth: 0, maxWidth: '100%' },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, fontVariantNumeric: 'tabular-nums', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  command: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  message: { margin: '10px 4px 0 40px' },
  tabs: { paddingLeft: '20px', marginTop: '4px', borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, flexShrink: 0 },
  panel: { flexGrow: 1, minHeight: 0, overflow: 'hidden' },
  centre: { padding: '24px' },
});

/** The job with its spec and plan; fetched again when its state changes. */
function useDetail(id: number, state: Job['state'] | undefined): { detail: JobDetail | null; error: StowageError | null } {
  const [result, setResult] = useState<{ detail: JobDetail | null; error: StowageError | null }>({ detail: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plan may be another once the job went on
  useEffect(() => {
    const abort = new AbortController();
    client.jobs
      .get({ id }, { signal: abort.signal })
      .then((detail) => setResult({ detail, error: null }))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setResult((before) => ({ ...before, error: fromContract(error) }));
      });
    return () => abort.abort();
  }, [id, state]);
  return result;
}

function Facts({ job }: { readonly job: Job }) {
  const styles = useStyles();
  const now = useNow(!hasEnded(job));
  const facts: readonly (readonly [string, string, string?])[] = [
    ['Runs in', whereItRuns(job)],
    ['Created', formatTime(job.createdAt, now), formatExactTime(job.createdAt)],
    ...(job.startedAt === null ? [] : ([['Started', formatTime(job.startedAt, now), formatExactTime(job.startedAt)]] as const)),
    ...(job.endedAt === null ? [] : ([['Ended', formatTime(job.endedAt, now), formatExactTime(job.endedAt)]] as const)),
    ...(job.startedAt === null ? [] : ([['Duration', durationOf(job, now)]] as const)),
    ...(job.exitCode === null ? [] : ([['Exit code', String(job.exitCode)]] as const)),
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([term, value, title]) => (
        <div key={term} className={styles.fact}>
          <dt className={styles.term}>{term}</dt>
          <dd className={styles.value} title={title ?? value}>
            {visible(value)}
          </dd>
        </div>
      ))}
      {job.command.length > 0 && (
        <div className={styles.fact}>
          <dt className={styles.term}>Command</dt>
          <dd className={`${styles.value} ${styles.command}`} title={visible(job.command.join(' '))}>
            {visible(commandOf(job))}
          </dd>
        </div>
      )}
    </dl>
  );
}

const tabs = { logs: 'Logs', metrics: 'Metrics', files: 'Files', shell: 'Shell', plan: 'Plan', inputs: 'Inputs' } as const;
type TabName = keyof typeof tabs;
const tabNames = Object.keys(tabs) as TabName[];

/** What a tab shows. */
function TabPanel({
  tab,
  job,
  detail,
}: {
  readonly tab: TabName;
  readonly job: Job;
  readonly detail: JobDetail | null;
}): ReactNode {
  const styles = useStyles();
  switch (tab) {
    case 'logs':
      return <LogView job={job} />;
    case 'metrics':
      return <MetricsView job={job} detail={detail} />;
    case 'files':
      return <JobFiles job={job} detail={detail} />;
    case 'shell':
      return <ShellView job={job} />;
    case 'plan':
      return detail ? (
        <JobPlan detail={detail} job={job} />
      ) : (
        <Spinner className={styles.centre} size="tiny" label="Loading the plan" />
      );
    case 'inputs':
      return <InputsTab job={job} />;
    default:
      return assertNever(tab);
  }
}

/** One job: its state and what can be done with it; its log, metrics, outputs, a shell in it, and its plan. */
export function JobPage({ id }: { readonly id: number }) {
  const styles = useStyles();
  const [tab, setTab] = useState<TabName>('logs');
  const listed = useJobs((state) => state.jobs.find((one) => one.id === id));
  const { detail, error } = useDetail(id, listed?.state);
  const job = listed ?? detail;
  const back = (
    <Button size="small" appearance="subtle" icon={<ArrowLeftRegular />} aria-label="Back to all jobs" onClick={() => goJobs()} />
  );
  if (!job) {
    return (
      <div className={styles.centre}>
        {error ? (
          <ErrorMessage
            error={error}
            actions={
              <Button size="small" onClick={() => goJobs()}>
                All jobs
              </Button>
            }
          />
        ) : (
          <Spinner label="Loading the job" />
        )}
      </div>
    );
  }
  return (
    <div className={styles.root}>
      <header className={styles.header}>
        <div className={styles.line}>
          {back}
          <h1 className={styles.title} title={visible(job.name)}>
            {visible(job.name)}
          </h1>
          <StateBadge state={job.state} className={styles.state} />
          <div className={styles.actions}>
            <JobActions job={job} detail={detail} />
          </div>
        </div>
        <Facts job={job} />
        <PortsLine job={job} />
        {!hasEnded(job) && <JobProgress job={job} plan={detail?.plan ?? null} />}
        {job.problem && <ErrorMessage className={styles.message} error={job.problem} />}
      </header>
      <TabList className={styles.tabs} size="small" selectedValue={tab} onTabSelect={(_, data) => setTab(data.value as TabName)}>
        {tabNames.map((name) => (
          <Tab key={name} value={name}>
            {tabs[name]}
          </Tab>
        ))}
      </TabList>
      <div className={styles.panel} role="tabpanel" aria-label={tabs[tab]}>
        <Suspense fallback={<Spinner className={styles.centre} size="tiny" label={`Loading: ${tabs[tab]}`} />}>
          <TabPanel tab={tab} job={job} detail={detail} />
        </Suspense>
      </div>
    </div>
  );
}
