import { Button, makeStyles, mergeClasses, Spinner, Switch, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular, ArrowSwapRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import type { ComparedField, JobComparison, TreeDifference } from '#shared/contract/provenance.ts';
import { assertNever, type StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { isSameTree } from '#shared/provenance/words.ts';
import { client, fromContract } from '../app/client.ts';
import { goCompare, goJobs } from '../app/navigation.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatExactTime, formatTime } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { SmallBadge } from '../ui/small-badge.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { ChangedFiles, VerdictLine } from './inputs-changes.tsx';
import { verdictOf } from './inputs-words.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  header: { flexShrink: 0, display: 'flex', alignItems: 'center', gap: '8px', padding: '10px 16px 10px 12px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  actions: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: '8px' },
  body: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    padding: '4px 20px 20px',
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  table: { borderCollapse: 'collapse', width: '100%', tableLayout: 'fixed', marginBottom: '24px' },
  name: { width: '200px' },
  job: { padding: '8px 16px 8px 8px', textAlign: 'left', fontWeight: tokens.fontWeightRegular, verticalAlign: 'top' },
  jobName: {
    border: 'none',
    background: 'none',
    padding: 0,
    font: 'inherit',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorBrandForegroundLink,
    cursor: 'pointer',
    ':hover': { textDecorationLine: 'underline' },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, borderRadius: tokens.borderRadiusSmall },
  },
  jobLine: { display: 'flex', alignItems: 'center', gap: '12px', color: tokens.colorNeutralForeground2 },
  group: {
    textAlign: 'left',
    padding: '14px 0 4px 8px',
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightSemibold,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  term: {
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    padding: '5px 16px 5px 8px',
    verticalAlign: 'top',
    overflowWrap: 'anywhere',
  },
  value: { padding: '5px 16px 5px 8px', verticalAlign: 'top', overflowWrap: 'anywhere', fontVariantNumeric: 'tabular-nums' },
  row: { borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  differs: {
    boxShadow: `inset 3px 0 0 ${tokens.colorPaletteDarkOrangeForeground1}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  same: { color: tokens.colorNeutralForeground2 },
  none: { color: tokens.colorNeutralForeground3 },
  part: { marginBottom: '20px', paddingLeft: '8px' },
  centre: { padding: '24px' },
});

const groups = [
  'run',
  'environment',
  'resources',
  'mounts',
  'inputs',
  'outcome',
] as const satisfies readonly ComparedField['group'][];

function titleOf(group: ComparedField['group']): string {
  switch (group) {
    case 'run':
      return 'What ran';
    case 'environment':
      return 'Environment';
    case 'resources':
      return 'Resources';
    case 'mounts':
      return 'Mounts and links';
    case 'inputs':
      return 'Inputs';
    case 'outcome':
      return 'Times and outcome';
    default:
      return assertNever(group);
  }
}

function useComparison(first: number, second: number): { comparison: JobComparison | null; error: StowageError | null } {
  const [result, setResult] = useState<{ comparison: JobComparison | null; error: StowageError | null }>({
    comparison: null,
    error: null,
  });
  useEffect(() => {
    const abort = new AbortController();
    client.provenance
      .compare({ first, second }, { signal: abort.signal })
      .then((comparison) => setResult({ comparison, error: null }))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setResult({ comparison: null, error: fromContract(error) });
      });
    return () => abort.abort();
  }, [first, second]);
  return result;
}

function JobHead({ job }: { readonly job: Job }) {
  const styles = useStyles();
  return (
    <th scope="col" className={styles.job}>
      <button type="button" className={styles.jobName} onClick={() => goJobs(job.id)}>
        {visible(job.name)}
      </button>{' '}
      <SmallBadge>job {job.id}</SmallBadge>
      <div className={styles.jobLine}>
        <StateBadge state={job.state} />
        <span title={formatExactTime(job.createdAt)}>{formatTime(job.createdAt)}</span>
      </div>
    </th>
  );
}

interface GroupProps {
  readonly group: ComparedField['group'];
  readonly fields: readonly ComparedField[];
  /** Those that differ stand out among those that do not. */
  readonly marked: boolean;
}

function Group({ group, fields, marked }: GroupProps) {
  const styles = useStyles();
  if (fields.length === 0) return null;
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={3} className={styles.group}>
          {titleOf(group)}
        </th>
      </tr>
      {fields.map((field) => (
        <tr key={field.name} className={mergeClasses(styles.row, marked && !field.same && styles.differs)}>
          <th scope="row" className={styles.term}>
            {visible(field.name)}
          </th>
          {([field.first, field.second] as const).map((value, side) => (
            <td
              // biome-ignore lint/suspicious/noArrayIndexKey: the two sides are what they are
              key={side}
              className={mergeClasses(styles.value, field.same && styles.same, value === null && styles.none)}
            >
              {value === null ? '—' : visible(value)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function Files({ difference, label }: { readonly difference: TreeDifference; readonly label: string }) {
  return (
    <>
      <VerdictLine verdict={verdictOf(difference, 'The same files.')} />
      {difference.changes && <ChangedFiles changes={difference.changes} label={label} before="First" after="Second" />}
    </>
  );
}

/** Two jobs side by side: what ran, over what, how it ended; and the files that differ. */
export function CompareScreen({ first, second }: { readonly first: number; readonly second: number }) {
  const styles = useStyles();
  const { comparison, error } = useComparison(first, second);
  const [all, setAll] = useState(false);
  const shown = ({ changes }: TreeDifference): boolean => all || changes === null || !isSameTree(changes);
  const fields = comparison?.fields.filter(({ same }) => all || !same) ?? [];
  const differing = comparison?.fields.filter(({ same }) => !same).length ?? 0;
  return (
    <div className={styles.root}>
      <header className={styles.header}>
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowLeftRegular />}
          aria-label="Back to the job"
          onClick={() => goJobs(first)}
        />
        <h1 className={styles.title}>Compare two jobs</h1>
        <div className={styles.actions}>
          <Switch label={`Only what differs (${differing})`} checked={!all} onChange={(_, data) => setAll(!data.checked)} />
          <Button size="small" icon={<ArrowSwapRegular />} onClick={() => goCompare(second, first)}>
            Swap
          </Button>
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.body} aria-label="Comparison" tabIndex={0}>
        {error && <ErrorMessage className={styles.centre} error={error} />}
        {!error && !comparison && <Spinner className={styles.centre} size="tiny" label="Comparing the jobs" />}
        {comparison && (
          <>
            <table className={styles.table} aria-label="Differences">
              <colgroup>
                <col className={styles.name} />
                <col />
                <col />
              </colgroup>
              <thead>
                <tr>
                  <td />
                  <JobHead job={comparison.first} />
                  <JobHead job={comparison.second} />
                </tr>
              </thead>
              {groups.map((group) => (
                <Group key={group} group={group} fields={fields.filter((field) => field.group === group)} marked={all} />
              ))}
            </table>
            {comparison.inputs.filter(shown).map((input) => (
              <Section key={input.target} title={`Files at ${visible(input.target)}`} className={styles.part}>
                <Files difference={input} label={`Differences at ${input.target}`} />
              </Section>
            ))}
            {comparison.outputs && shown(comparison.outputs) && (
              <Section title="Files of the outputs" className={styles.part}>
                <Files difference={comparison.outputs} label="Differences of the outputs" />
              </Section>
            )}
          </>
        )}
      </section>
    </div>
  );
}
