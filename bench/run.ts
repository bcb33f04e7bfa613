import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { jobLaunch } from './benches/job-launch.ts';
import { plan } from './benches/plan.ts';
import { type Bench, measure, printTable, type Result } from './harness.ts';

const benches: readonly Bench[] = [jobLaunch, plan];

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' }, list: { type: 'boolean' } } });
if (values.list) {
  for (const bench of benches) console.log(`${bench.name}: ${bench.about}`);
} else {
  const wanted = values.only?.split(',');
  const unknown = wanted?.filter((name) => !benches.some((bench) => bench.name.startsWith(name)));
  if (unknown?.length) {
    console.error(`no benchmark is called ${unknown.join(', ')}; there are: ${benches.map((bench) => bench.name).join(', ')}`);
    process.exit(64);
  }
  const results: Result[] = [];
  for (const bench of benches.filter(({ name }) => !wanted || wanted.some((each) => name.startsWith(each)))) {
    console.error(`${bench.name} …`);
    results.push(...(await measure(bench)));
  }
  printTable(results);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}
