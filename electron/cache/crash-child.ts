import { createLocalProvider } from '../storage/local/provider.ts';
import { openCacheBench } from './cache.fixture.ts';

/** For tests of `kill -9`: brings three vfolders in at once and tells of each file. Arguments: home, source, limit. */
const [home = '', source = '', limit] = process.argv.slice(2);
const bench = openCacheBench(home, { limitBytes: () => Number(limit) });
const provider = createLocalProvider(source);
for (const name of ['v', 'w', 'x']) bench.vfolder(name, provider);
await Promise.allSettled(
  ['v', 'w', 'x'].map((name, index) =>
    bench.cache.stage(bench.place(name), {
      signal: new AbortController().signal,
      jobId: index + 1,
      onProgress: ({ doneFiles }) => void process.stdout.write(`${name} ${doneFiles}\n`),
    }),
  ),
);
process.stdout.write('end\n');
