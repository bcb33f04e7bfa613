import type { Command } from 'commander';
import { formatAddress } from '#shared/address.ts';
import { bucketLabel, type Found, type Statistics } from '#shared/contract/statistics.ts';
import type { Act, Context } from './act.ts';
import { parseVfolderOperand } from './operands.ts';
import { count, size, table, time } from './output.ts';

/** `stowage du`: what is below folders, counted as it is walked through. */
export function addDuCommand(program: Command, act: Act): void {
  program
    .command('du <addresses...>')
    .description('files and bytes below folders, with a histogram of sizes, the largest and the newest')
    .option('-s, --summarize', 'one line for each')
    .action(act(du));
}

async function du({ client, output }: Context, addresses: string[], options: { summarize?: boolean }): Promise<void> {
  const results: { address: string; statistics: Statistics }[] = [];
  for (const { vfolder, path } of addresses.map(parseVfolderOperand)) {
    const address = formatAddress(vfolder, path);
    let statistics: Statistics | null = null;
    for await (statistics of await client.files.statistics({ vfolder, path }))
      output.progress(`${address}: ${count(statistics.files, 'file')}, ${size(statistics.bytes)}`);
    if (statistics) results.push({ address, statistics });
  }
  output.progress(null);
  const plain = results.map(({ address, statistics }) => ({ address, ...statistics }));
  output.result(plain.length === 1 ? plain[0] : plain, () =>
    results
      .map(({ address, statistics }) => (options.summarize ? oneLine : describe)(address, statistics))
      .join(options.summarize ? '\n' : '\n\n'),
  );
}

const oneLine = (address: string, { files, directories, bytes }: Statistics): string =>
  `${size(bytes).padStart(10)}  ${address}  (${count(files, 'file')}, ${count(directories, 'folder')})`;

const barWidth = 24;

function describe(address: string, statistics: Statistics): string {
  const { files, directories, bytes, histogram, largest, newest, extensions, unlisted } = statistics;
  const most = Math.max(1, ...histogram.map((bucket) => bucket.files));
  const bar = (share: number): string => '█'.repeat(share === 0 ? 0 : Math.max(1, Math.round(share * barWidth)));
  const buckets = histogram
    .map((bucket, index) => ({ ...bucket, label: bucketLabel(index) }))
    .slice(
      histogram.findIndex((bucket) => bucket.files > 0),
      histogram.findLastIndex((bucket) => bucket.files > 0) + 1,
    );
  const found = (title: string, all: readonly Found[]): string =>
    table(
      [title, 'SIZE', 'MODIFIED'],
      all.map((one) => [one.path, { bytes: one.size }, time(one.modified)]),
    );
  const parts = [
    `${address}: ${count(files, 'file')}, ${count(directories, 'folder')}, ${size(bytes)} (${bytes} bytes)`,
    ...(unlisted > 0 ? [`${count(unlisted, 'folder')} could not be listed and ${unlisted === 1 ? 'is' : 'are'} left out.`] : []),
    ...(files > 0
      ? [
          table(
            ['SIZES', 'FILES', 'BYTES', ''],
            buckets.map((bucket) => [bucket.label, bucket.files, { bytes: bucket.bytes }, bar(bucket.files / most)]),
          ),
          table(
            ['ENDING', 'FILES', 'BYTES'],
            extensions.map((one) => [one.extension === '' ? '(other)' : `.${one.extension}`, one.files, { bytes: one.bytes }]),
          ),
          found('LARGEST', largest),
          found('NEWEST', newest),
        ]
      : []),
  ];
  return parts.join('\n\n');
}
