import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
} from '@fluentui/react-components';
import { ArrowClockwiseRegular, DeleteRegular, EditRegular, StopRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import { client } from '../app/client.ts';
import { goJobs, goLaunch } from '../app/navigation.ts';
import { dropJob, putJob } from '../app/stores/jobs.ts';
import { formatBytes } from '../ui/format.ts';
import { reportError } from '../ui/toasts.tsx';
import { hasEnded } from './job-words.ts';

const useStyles = makeStyles({ root: { display: 'flex', gap: '6px', flexShrink: 0 } });

export interface JobActionsProps {
  readonly job: Job;
  readonly detail: JobDetail | null;
}

/** Stop, Rerun, Clone and edit, Remove: what can be done with a job now. */
export function JobActions({ job, detail }: JobActionsProps) {
  const styles = useStyles();
  const [busy, setBusy] = useState(false);
  const act = async (work: () => Promise<void>, failed: string): Promise<void> => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      reportError(error, failed);
    } finally {
      setBusy(false);
    }
  };
  const stop = () => act(async () => putJob(await client.jobs.stop({ id: job.id })), 'The job could not be stopped.');
  const rerun = () =>
    act(async () => {
      const next = await client.jobs.rerun({ id: job.id });
      putJob(next);
      goJobs(next.id);
    }, 'The job could not be run again.');
  const remove = () =>
    act(async () => {
      await client.jobs.remove({ id: job.id });
      goJobs();
      dropJob(job.id);
    }, 'The job could not be removed.');
  return (
    <div className={styles.root}>
      {!hasEnded(job) && (
        <Button size="small" icon={<StopRegular />} disabled={busy} onClick={() => void stop()}>
          Stop
        </Button>
      )}
      <Button size="small" icon={<ArrowClockwiseRegular />} disabled={busy} onClick={() => void rerun()}>
        Rerun
      </Button>
      <Button size="small" icon={<EditRegular />} disabled={!detail} onClick={() => detail && goLaunch(detail.spec)}>
        Clone and edit
      </Button>
      {hasEnded(job) && <RemoveButton job={job} busy={busy} onRemove={() => void remove()} />}
    </div>
  );
}

function RemoveButton({ job, busy, onRemove }: { readonly job: Job; readonly busy: boolean; readonly onRemove: () => void }) {
  return (
    <Dialog modalType="alert">
      <DialogTrigger disableButtonEnhancement>
        <Button size="small" icon={<DeleteRegular />} disabled={busy}>
          Remove
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Remove “{job.name}”?</DialogTitle>
          <DialogContent>
            Its entry, its plan and its log{job.logBytes > 0 ? ` (${formatBytes(job.logBytes)})` : ''} are lost for good.
            {job.output && ' Its outputs stay where they are.'}
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>Keep it</Button>
            </DialogTrigger>
            <DialogTrigger disableButtonEnhancement>
              <Button appearance="primary" onClick={onRemove}>
                Remove the job
              </Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
