import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Spinner,
} from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  ColumnDoubleCompareRegular,
  DeleteRegular,
  EditRegular,
  StopRegular,
} from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import { client } from '../app/client.ts';
import { goJobs, goLaunch } from '../app/navigation.ts';
import { dropJob, putJob } from '../app/stores/jobs.ts';
import { CopyAsButton } from '../exports/copy-as-button.tsx';
import { formatBytes } from '../ui/format.ts';
import { reportError } from '../ui/toasts.tsx';
import { CompareDialog } from './compare-dialog.tsx';
import { hasEnded } from './job-words.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: '6px', flexShrink: 0 },
  split: { display: 'flex' },
  splitMain: { borderTopRightRadius: 0, borderBottomRightRadius: 0 },
  splitMore: { borderTopLeftRadius: 0, borderBottomLeftRadius: 0, marginLeft: '-1px', minWidth: '24px', padding: '0 3px' },
});

export interface JobActionsProps {
  readonly job: Job;
  readonly detail: JobDetail | null;
}

/** Stop, Rerun, Clone and edit, Compare, Remove: what can be done with a job now. */
export function JobActions({ job, detail }: JobActionsProps) {
  const styles = useStyles();
  const [busy, setBusy] = useState(false);
  const [comparing, setComparing] = useState(false);
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
  const [verifying, setVerifying] = useState<AbortController | null>(null);
  useEffect(() => () => verifying?.abort(), [verifying]);
  const rerun = (inputs: 'newest' | 'same') =>
    act(async () => {
      const abort = new AbortController();
      if (inputs === 'same') setVerifying(abort);
      try {
        const next = await client.jobs.rerun({ id: job.id, inputs }, { signal: abort.signal });
        putJob(next);
        goJobs(next.id);
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      } finally {
        setVerifying(null);
      }
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
      {verifying ? (
        <>
          <Spinner size="extra-tiny" label="Comparing the inputs" />
          <Button size="small" onClick={() => setVerifying(null)}>
            Cancel
          </Button>
        </>
      ) : (
        <RerunButton busy={busy} onRerun={(inputs) => void rerun(inputs)} />
      )}
      <Button size="small" icon={<EditRegular />} disabled={!detail} onClick={() => detail && goLaunch(detail.spec)}>
        Clone and edit
      </Button>
      <Button size="small" icon={<ColumnDoubleCompareRegular />} onClick={() => setComparing(true)}>
        Compare…
      </Button>
      <CopyAsButton job={detail} />
      {comparing && <CompareDialog job={job} onClose={() => setComparing(false)} />}
      {hasEnded(job) && <RemoveButton job={job} busy={busy} onRemove={() => void remove()} />}
    </div>
  );
}

interface RerunButtonProps {
  readonly busy: boolean;
  readonly onRerun: (inputs: 'newest' | 'same') => void;
}

/** Runs the job again over what is there now; the menu also offers to insist on what was there. */
function RerunButton({ busy, onRerun }: RerunButtonProps) {
  const styles = useStyles();
  return (
    <div className={styles.split}>
      <Button
        size="small"
        className={styles.splitMain}
        icon={<ArrowClockwiseRegular />}
        disabled={busy}
        onClick={() => onRerun('newest')}
      >
        Rerun
      </Button>
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <MenuButton
            size="small"
            className={styles.splitMore}
            disabled={busy}
            aria-label="Ways to run it again"
            title="Ways to run it again"
          />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={() => onRerun('newest')}>With the newest inputs</MenuItem>
            <MenuItem onClick={() => onRerun('same')}>With the same inputs, verified</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
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
