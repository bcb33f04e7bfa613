import { useNavigation } from '../app/navigation.ts';
import { CompareScreen } from './compare-screen.tsx';
import { JobPage } from './job-page.tsx';
import { JobTable } from './job-table.tsx';

/** Jobs: the table, the page of the one that navigation names, or its comparison with another. */
export function JobsScreen() {
  const jobId = useNavigation((state) => state.jobId);
  const comparedJobId = useNavigation((state) => state.comparedJobId);
  if (jobId !== null && comparedJobId !== null)
    return <CompareScreen key={`${jobId}-${comparedJobId}`} first={jobId} second={comparedJobId} />;
  return jobId === null ? <JobTable /> : <JobPage key={jobId} id={jobId} />;
}
