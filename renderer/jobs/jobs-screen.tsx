import { useNavigation } from '../app/navigation.ts';
import { JobPage } from './job-page.tsx';
import { JobTable } from './job-table.tsx';

/** Jobs: the table, or the page of the one that navigation names. */
export function JobsScreen() {
  const jobId = useNavigation((state) => state.jobId);
  return jobId === null ? <JobTable /> : <JobPage key={jobId} id={jobId} />;
}
