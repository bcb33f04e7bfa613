import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Input,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { visible } from '#shared/paths.ts';
import { goCompare } from '../app/navigation.ts';
import { formatTime } from '../ui/format.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import { useFoundJobs } from './job-list.ts';

/** More is for the filter. */
const most = 50;
/** Those of the same command are looked for among so many. */
const mostSorted = 500;

const useStyles = makeStyles({
  surface: { maxWidth: '560px' },
  filter: { width: '100%', marginBottom: '8px' },
  list: {
    margin: 0,
    padding: '2px',
    listStyleType: 'none',
    height: 'min(360px, calc(100vh - 320px))',
    overflow: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  job: {
    display: 'grid',
    gridTemplateColumns: '110px 1fr auto',
    alignItems: 'center',
    gap: '12px',
    width: '100%',
    minHeight: '34px',
    padding: '0 10px',
    border: 'none',
    borderRadius: tokens.borderRadiusMedium,
    background: 'none',
    color: 'inherit',
    font: 'inherit',
    textAlign: 'left',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  quiet: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  none: { padding: '12px', color: tokens.colorNeutralForeground3 },
});

/** Those of the same command first, then the newest. */
function sorted(jobs: readonly Job[], job: Job): readonly Job[] {
  const same = (one: Job): number => Number(one.command.join('\0') === job.command.join('\0') && one.image === job.image);
  return jobs.filter(({ id }) => id !== job.id).sort((a, b) => same(b) - same(a) || b.id - a.id);
}

/** Asks which job to compare one with. */
export function CompareDialog({ job, onClose }: { readonly job: Job; readonly onClose: () => void }) {
  const styles = useStyles();
  const [filter, setFilter] = useState('');
  const { jobs, total } = useFoundJobs(filter, mostSorted);
  const found = useMemo(() => sorted(jobs, job).slice(0, most), [jobs, job]);
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Compare “{visible(job.name)}” with</DialogTitle>
          <DialogContent>
            <Input
              className={styles.filter}
              contentBefore={<SearchRegular />}
              placeholder="Name, state, image or command"
              aria-label="Filter the jobs"
              value={filter}
              onChange={(_, data) => setFilter(data.value)}
            />
            <ul className={styles.list} aria-label="Jobs to compare with">
              {found.map((one) => (
                <li key={one.id}>
                  <button
                    type="button"
                    className={styles.job}
                    onClick={() => goCompare(Math.min(one.id, job.id), Math.max(one.id, job.id))}
                  >
                    <StateBadge state={one.state} />
                    <span className={styles.name}>{visible(one.name)}</span>
                    <span className={styles.quiet}>
                      job {one.id} · {formatTime(one.createdAt)}
                    </span>
                  </button>
                </li>
              ))}
              {found.length === 0 && total !== null && (
                <li className={styles.none}>{total < 2 ? 'There is no other job yet.' : 'No job matches.'}</li>
              )}
            </ul>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
