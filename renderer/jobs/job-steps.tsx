import { makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular, CircleRegular, DismissCircleRegular } from '@fluentui/react-icons';
import type { Job } from '#shared/contract/jobs.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { stepWords } from '../planner/plan-words.ts';
import { plural } from '../ui/format.ts';
import { type StepState, stepStates } from './step-states.ts';

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
  note: { padding: '5px 0', color: tokens.colorNeutralForeground3 },
});

function StateIcon({ state }: { readonly state: StepState }) {
  const styles = useStyles();
  switch (state) {
    case 'done':
      return <CheckmarkCircleRegular className={mergeClasses(styles.icon, styles.done)} aria-label="Done" />;
    case 'now':
      return <Spinner size="extra-tiny" aria-label="In progress" />;
    case 'not-done':
      return <DismissCircleRegular className={mergeClasses(styles.icon, styles.failed)} aria-label="Not done" />;
    case 'waiting':
      return <CircleRegular className={styles.icon} aria-label="Not begun" />;
  }
}

/** So many are listed; the container view has the rest. */
const most = 200;

interface JobStepsProps {
  readonly job: Job;
  readonly plan: Plan;
  readonly headingClass: string;
}

/** What is done before the command starts, and how far it is. */
export function JobSteps({ job, plan, headingClass }: JobStepsProps) {
  const styles = useStyles();
  if (plan.steps.length === 0) return null;
  const states = stepStates(job, plan);
  return (
    <>
      <h2 className={headingClass}>Before the start</h2>
      <ol className={styles.list} aria-label="Steps before the start">
        {plan.steps.slice(0, most).map((step, index) => {
          const { what, where } = stepWords(step, plan);
          return (
            <li key={`${step.kind} ${where}`} className={styles.step}>
              <StateIcon state={states[index] ?? 'waiting'} />
              <span className={styles.words}>
                {visible(what)}
                {states[index] === 'now' && job.progress && <div className={styles.note}>{visible(job.progress)}</div>}
              </span>
              <span className={styles.where}>{visible(where)}</span>
            </li>
          );
        })}
        {plan.steps.length > most && <li className={styles.note}>and {plural(plan.steps.length - most, 'more step')}</li>}
      </ol>
    </>
  );
}
