import { makeStyles, tokens } from '@fluentui/react-components';
import type { Job } from '#shared/contract/jobs.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { StepLines } from './job-steps.tsx';

const useStyles = makeStyles({
  root: { margin: '10px 4px 0 40px' },
  words: { marginBottom: '4px' },
  waiting: { color: tokens.colorNeutralForeground2 },
  steps: { margin: 0, maxHeight: '220px', overflowY: 'auto', borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
});

/** What a job that has not ended does besides running: why it waits, each step of its preparation, or its last act. */
export function JobProgress({ job, plan }: { readonly job: Job; readonly plan: Plan | null }) {
  const styles = useStyles();
  if (job.state === 'queued')
    return (
      <div className={`${styles.root} ${styles.waiting}`} role="status">
        {visible(job.progress ?? 'Waiting for its turn')}
      </div>
    );
  if (plan && (job.state === 'preparing' || job.state === 'starting'))
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it
      <section className={styles.root} aria-label="Preparation" tabIndex={0}>
        <StepLines job={job} plan={plan} className={styles.steps} />
      </section>
    );
  if (!job.progress) return null;
  return (
    <div className={styles.root}>
      <div className={styles.words}>{visible(job.progress)}</div>
      <ProgressBar label={job.progress} value={job.progressStep?.part ?? null} />
    </div>
  );
}
