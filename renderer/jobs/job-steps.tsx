import { makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular, CircleRegular, DismissCircleRegular } from '@fluentui/react-icons';
import type { Job } from '#shared/contract/jobs.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { type StepWords, stepWords } from '../planner/plan-words.ts';
import { plural } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { type Preparation, type PreparationStep, preparationOf, type StepState } from './step-states.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: '0 0 20px', padding: 0 },
  step: {
    display: 'grid',
    gridTemplateColumns: '18px minmax(0, 2fr) minmax(0, 3fr)',
    columnGap: '8px',
    alignItems: 'center',
    padding: '5px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  icon: { fontSize: '16px', color: tokens.colorNeutralForeground3 },
  done: { color: tokens.colorPaletteGreenForeground1 },
  failed: { color: tokens.colorPaletteRedForeground1 },
  words: { overflowWrap: 'anywhere' },
  where: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  progress: { gridColumn: '2 / -1', paddingTop: '4px' },
  note: { paddingTop: '3px', color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
});

function StateIcon({ state }: { readonly state: StepState }) {
  const styles = useStyles();
  switch (state) {
    case 'done':
      return <CheckmarkCircleRegular className={mergeClasses(styles.icon, styles.done)} aria-label="Done" />;
    case 'now':
      return <Spinner size="extra-tiny" role="presentation" aria-hidden />;
    case 'not-done':
      return <DismissCircleRegular className={mergeClasses(styles.icon, styles.failed)} aria-label="Not done" />;
    case 'waiting':
      return <CircleRegular className={styles.icon} aria-label="Not begun" />;
  }
}

/** So many are listed; the container view has the rest. */
const most = 200;

function wordsOf(step: PreparationStep, plan: Plan): StepWords {
  if (step.kind === 'pull') return { what: 'Fetch the image', where: step.image };
  if (step.kind === 'start')
    return { what: plan.image === null ? 'Start the command' : 'Create and start the container', where: '' };
  return stepWords(step, plan);
}

interface StepLinesProps {
  readonly job: Job;
  readonly plan: Plan;
  readonly className?: string;
}

/** A line for each step before the start, with how far it is. */
export function StepLines({ job, plan, className }: StepLinesProps) {
  const styles = useStyles();
  const steps = preparationOf(job, plan);
  return (
    <ol className={mergeClasses(styles.list, className)} aria-label="Steps before the start">
      {steps.slice(0, most).map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
        <StepLine key={index} each={each} job={job} words={wordsOf(each.step, plan)} />
      ))}
      {steps.length > most && <li className={styles.note}>and {plural(steps.length - most, 'more step')}</li>}
    </ol>
  );
}

function StepLine({ each, job, words }: { readonly each: Preparation; readonly job: Job; readonly words: StepWords }) {
  const styles = useStyles();
  const now = each.state === 'now';
  return (
    <li className={styles.step} aria-current={now ? 'step' : undefined}>
      <StateIcon state={each.state} />
      <span className={styles.words}>{visible(words.what)}</span>
      <span className={styles.where}>{visible(words.where)}</span>
      {now && (
        <div className={styles.progress}>
          <ProgressBar label={words.what} value={each.part} />
          {job.progress && <div className={styles.note}>{visible(job.progress)}</div>}
        </div>
      )}
    </li>
  );
}

interface JobStepsProps extends StepLinesProps {
  readonly headingClass: string;
}

/** What is done before the command starts, and how far it is. */
export function JobSteps({ job, plan, headingClass }: JobStepsProps) {
  if (plan.steps.length === 0) return null;
  return (
    <>
      <h2 className={headingClass}>Before the start</h2>
      <StepLines job={job} plan={plan} />
    </>
  );
}
