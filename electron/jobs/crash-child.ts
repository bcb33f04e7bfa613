/** For the test of a crash: runs a job and says so, until it is killed. Arguments: home, engine, lines. */
import { numberedLines, openJobs, scriptJob } from './jobs.fixture.ts';

const [home = '', engine, lines] = process.argv.slice(2);
const name = engine === 'docker' ? 'docker' : 'process';
const jobs = openJobs(home, name);
jobs.changes.on((change) => {
  if (change.type === 'job-log') process.stdout.write(`log ${change.id} ${change.size}\n`);
});
await jobs.start();
await jobs.service.run({ spec: scriptJob(name, numberedLines(Number(lines))) }, {});
