import { Button, Input, makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { BoxMultipleRegular, RocketRegular, SearchRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { visible } from '#shared/paths.ts';
import { goJobs, goLaunch } from '../app/navigation.ts';
import { loadJobs, useJobs } from '../app/stores/jobs.ts';
import { loadUsage, type Usage, useUsage } from '../app/stores/usage.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatCount, formatExactTime, formatTime, plural } from '../ui/format.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import { useNow } from '../ui/use-now.ts';
import { fetchRows, findJobs, useFollowedJobs, useJobList } from './job-list.ts';
import { commandOf, durationOf, isGettingReady, whereItRuns } from './job-words.ts';
import { measures, type UsageMeasure, UsageSparkline } from './metrics-sparkline.tsx';

const rowHeight = 34;
/** Rows that are only passed by need no pictures. */
const restMilliseconds = 150;
const columns = '132px minmax(140px, 2fr) minmax(120px, 2fr) minmax(120px, 3fr) 64px 64px 124px 92px 52px';
const columnsWithGpu = columns.replace('64px', '64px 64px');

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    height: '48px',
    flexShrink: 0,
    padding: '0 16px 0 20px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  count: { color: tokens.colorNeutralForeground3 },
  filter: { width: '240px', marginLeft: 'auto' },
  message: { margin: '12px 20px' },
  scroller: { flexGrow: 1, minHeight: 0, overflow: 'auto' },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    height: '30px',
  },
  row: {
    display: 'grid',
    gridTemplateColumns: columns,
    columnGap: '16px',
    alignItems: 'center',
    padding: '0 20px',
    minWidth: '1040px',
  },
  withGpu: { gridTemplateColumns: columnsWithGpu },
  body: { position: 'relative', minWidth: '1040px' },
  item: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    height: `${rowHeight}px`,
    boxSizing: 'border-box',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    cursor: 'default',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  cell: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  state: { display: 'flex' },
  name: { fontWeight: tokens.fontWeightSemibold },
  command: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  number: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  quiet: { color: tokens.colorNeutralForeground2 },
  bad: { color: tokens.colorPaletteRedForeground1 },
});

const headingsOf = (used: readonly UsageMeasure[]): readonly [string, boolean][] => [
  ['State', false],
  ['Name', false],
  ['Runs in', false],
  ['Command', false],
  ...used.map((measure): [string, boolean] => [measures[measure].name, false]),
  ['Started', false],
  ['Duration', true],
  ['Exit', true],
];

/** What it used lately; drawn by itself each second, and not with its row. */
function UsageCell({ job: { id, name }, measure }: { readonly job: Job; readonly measure: UsageMeasure }) {
  const samples = useUsage((state) => state[id]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see below
    <div role="cell">
      {samples && <UsageSparkline measure={measure} samples={samples} of={visible(name)} width={64} height={20} />}
    </div>
  );
}

interface JobCellsProps {
  readonly job: Job;
  readonly used: readonly UsageMeasure[];
  readonly now: number;
}

function JobCells({ job, used, now }: JobCellsProps) {
  const styles = useStyles();
  const started = job.startedAt ?? job.createdAt;
  const cell = (extra: string | undefined, text: string, title = text) => (
    // biome-ignore lint/a11y/useSemanticElements: rows are virtual and absolutely placed, which table elements cannot be
    <div role="cell" className={mergeClasses(styles.cell, extra)} title={visible(title)}>
      {visible(text)}
    </div>
  );
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="cell" className={mergeClasses(styles.cell, styles.state)}>
        <StateBadge state={job.state} />
      </div>
      {cell(styles.name, job.name)}
      {cell(styles.quiet, isGettingReady(job) && job.progress ? job.progress : whereItRuns(job))}
      {cell(styles.command, commandOf(job))}
      {used.map((measure) => (
        <UsageCell key={measure} job={job} measure={measure} />
      ))}
      {cell(styles.quiet, formatTime(started, now), formatExactTime(started))}
      {cell(styles.number, durationOf(job, now))}
      {cell(
        mergeClasses(styles.number, job.state === 'failed' ? styles.bad : undefined),
        job.exitCode === null ? '' : String(job.exitCode),
      )}
    </>
  );
}

/** A row that is on its way. */
function CellsToCome({ used }: Pick<JobCellsProps, 'used'>) {
  const styles = useStyles();
  return headingsOf(used).map(([heading]) => (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <div key={heading} role="cell" className={styles.quiet}>
      {heading === 'Name' ? '…' : ''}
    </div>
  ));
}

const withoutGpu: readonly UsageMeasure[] = ['cpu', 'memory'];
const withGpu: readonly UsageMeasure[] = ['cpu', 'memory', 'gpu'];
const anyGpu = (usage: Usage): boolean => Object.values(usage).some((samples) => samples.some(({ gpus }) => gpus !== null));

function Rows({ ids }: { readonly ids: readonly number[] }) {
  const styles = useStyles();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useJobList((state) => state.rows);
  const [current, setCurrent] = useState(0);
  const used = useUsage(anyGpu) ? withGpu : withoutGpu;
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: 30,
  });
  const items = virtual.getVirtualItems();
  const inView = items.map((item) => ids[item.index] ?? 0);
  const now = useNow(inView.some((id) => rows.get(id)?.endedAt === null));
  const missing = inView.filter((id) => !rows.has(id)).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows in view are others when others of them are missing
  useEffect(() => {
    if (missing !== '') void fetchRows(inView);
  }, [missing]);
  const seen = inView.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pictures are of the rows in view, once they stay there
  useEffect(() => {
    const timer = setTimeout(() => void loadUsage(inView), restMilliseconds);
    return () => clearTimeout(timer);
  }, [seen]);
  const at = Math.min(current, ids.length - 1);
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(ids.length - 1, to));
    setCurrent(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -ids.length,
      End: ids.length,
    };
    const step = steps[event.key];
    const id = ids[at];
    if (event.key === 'Enter' && id !== undefined) goJobs(id);
    else if (step !== undefined) move(at + step);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are virtual and absolutely placed, which table elements cannot be
    <div
      ref={scroller}
      className={styles.scroller}
      role="table"
      aria-label="Jobs"
      aria-rowcount={ids.length + 1}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: headings are read, not used */}
      <div role="row" aria-rowindex={1} className={mergeClasses(styles.row, used === withGpu && styles.withGpu, styles.head)}>
        {headingsOf(used).map(([heading, right]) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: headings are read, not used
          <div key={heading} role="columnheader" className={mergeClasses(right && styles.number)}>
            {heading}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const id = ids[item.index];
          if (id === undefined) return null;
          const job = rows.get(id);
          return (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is heard by the table, for the row that has the focus
            <div
              key={id}
              role="row"
              aria-rowindex={item.index + 2}
              data-index={item.index}
              tabIndex={item.index === at ? 0 : -1}
              className={mergeClasses(styles.row, used === withGpu && styles.withGpu, styles.item)}
              style={{ transform: `translateY(${item.start}px)` }}
              onFocus={() => setCurrent(item.index)}
              onClick={() => openByMouse(id)}
            >
              {job ? <JobCells job={job} used={used} now={now} /> : <CellsToCome used={used} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The second press of a double click is on what the first has opened, and would select its text. */
function openByMouse(id: number): void {
  const ignoreSecond = (event: MouseEvent): void => {
    if (event.detail > 1) event.preventDefault();
  };
  document.addEventListener('mousedown', ignoreSecond, { capture: true, once: true });
  goJobs(id);
}

/** All jobs, newest first. */
export function JobTable() {
  const styles = useStyles();
  const [filter, setFilter] = useState('');
  useFollowedJobs(filter);
  const known = useJobs();
  const list = useJobList();
  // What the app knows anyway is shown until all are counted.
  const shown = list.ids ?? known.jobs.map((job) => job.id);
  const total = list.total ?? known.jobs.length;
  const problem = list.problem ?? known.problem;
  const loaded = list.ids !== null || known.loaded;
  return (
    <div className={styles.root}>
      <header className={styles.header}>
        <h1 className={styles.title}>Jobs</h1>
        {!!list.total && (
          <span className={styles.count} role="status">
            {list.filter ? `${formatCount(shown.length)} of ${plural(total, 'job')}` : plural(total, 'job')}
          </span>
        )}
        {total > 0 && (
          <Input
            className={styles.filter}
            size="small"
            contentBefore={<SearchRegular />}
            aria-label="Filter jobs"
            placeholder="Filter jobs"
            value={filter}
            onChange={(_, data) => setFilter(data.value)}
          />
        )}
        {total > 0 && (
          <Button appearance="primary" size="small" icon={<RocketRegular />} onClick={() => goLaunch()}>
            New job
          </Button>
        )}
      </header>
      {problem && (
        <ErrorMessage
          className={styles.message}
          error={problem}
          actions={
            <Button size="small" appearance="transparent" onClick={() => void Promise.all([loadJobs(), findJobs(filter)])}>
              Try again
            </Button>
          }
        />
      )}
      {!loaded && !problem && <Spinner className={styles.message} label="Loading jobs" size="tiny" />}
      {loaded && total === 0 && (
        <EmptyState
          icon={<BoxMultipleRegular />}
          title="No jobs yet"
          actions={
            <Button appearance="primary" icon={<RocketRegular />} onClick={() => goLaunch()}>
              Prepare a job
            </Button>
          }
        >
          A job runs a command in a container with your vfolders mounted. Its log and its outputs are kept here.
        </EmptyState>
      )}
      {total > 0 && shown.length === 0 && (
        <EmptyState title="No job matches" actions={<Button onClick={() => setFilter('')}>Clear the filter</Button>}>
          No job has “{list.filter}” in its name, state, engine, image or command.
        </EmptyState>
      )}
      {shown.length > 0 && <Rows ids={shown} />}
    </div>
  );
}
