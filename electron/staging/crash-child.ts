import { type Made, makeProvider } from '../transfers/remote-hosts.fixture.ts';
import { dataJob, openStagedJobs } from './staged-jobs.fixture.ts';

/** What the parent wants; passed in the environment. */
export interface CrashTask {
  readonly home: string;
  readonly made: Made;
  readonly script: string;
}

/** For tests of `kill -9`: runs a job that changes a copy, and tells its states until it is killed. */
const task = JSON.parse(process.env.STOWAGE_TEST_TASK ?? '{}') as CrashTask;
const bench = await openStagedJobs(task.home, 'process', makeProvider(task.made));
bench.changes.on((change) => {
  if (change.type === 'job') process.stdout.write(`${change.job.state} ${change.job.progress ?? ''}\n`);
});
await bench.run(dataJob(task.script, 'rw'));
