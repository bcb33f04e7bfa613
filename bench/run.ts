import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { appStart } from './benches/app-start.ts';
import { approachBenches } from './benches/approaches.ts';
import { azureBenches } from './benches/azure.ts';
import { indexSearch } from './benches/index-search.ts';
import { jobLaunch } from './benches/job-launch.ts';
import { jobLogs } from './benches/job-logs.ts';
import { localCopyLarge, localCopySmall } from './benches/local-copy.ts';
import { plan } from './benches/plan.ts';
import { s3Benches } from './benches/s3.ts';
import { stagePacked, stageWarm } from './benches/stage.ts';
import { uiTable } from './benches/ui-table.ts';
import { type Bench, measure, printTable, type Result } from './harness.ts';

const benches: readonly Bench[] = [
  ...azureBenches,
  ...s3Benches,
  localCopyLarge,
  localCopySmall,
  stagePacked,
  stageWarm,
  jobLaunch,
  jobLogs,
  plan,
  uiTable,
  appStart,
  indexSearch,
  ...approachBenches,
];

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, json: { type: 'string' }, list: { type: 'boolean' } },
});
if (values.list) {
  for (const bench of benches) console.log(`${bench.name}: ${bench.about}`);
} else {
  const wanted = values.only?.flatMap((names) => names.split(','));
  const unknown = wanted?.filter((name) => !benches.some((bench) => bench.name.startsWith(name)));
  if (unknown?.length) {
    console.error(`no benchmark is called ${unknown.join(', ')}; there are: ${benches.map((bench) => bench.name).join(', ')}`);
    process.exit(64);
  }
  const results: Result[] = [];
  for (const bench of benches.filter(({ name }) => !wanted || wanted.some((each) => name.startsWith(each)))) {
    console.error(`${bench.name} …`);
    try {
      results.push(...(await measure(bench)));
    } catch (error) {
      // The others are still worth running; what failed is told by the exit code too.
      console.error(`${bench.name} failed:`, error);
      process.exitCode = 1;
    }
    if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  printTable(results);
  // Servers that all benchmarks share run on; they die with this process.
  process.exit();
}
