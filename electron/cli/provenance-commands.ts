import type { Command } from 'commander';
import type { ChangesSince, JobComparison, JobInputs, TreeChanges, TreeDifference } from '#shared/contract/provenance.ts';
import { visible } from '#shared/paths.ts';
import { changesInWords, gitInWords, isSameTree, methodInWords } from '#shared/provenance/words.ts';
import type { Act } from './act.ts';
import { count, parseId, size, time } from './output.ts';

/** Ends with this code when something differs, as `diff` does. */
const differs = 1;

/** `stowage job inputs …` and `stowage job compare …` */
export function addProvenanceCommands(job: Command, act: Act): void {
  job
    .command('inputs <id>')
    .description('what a job got: a digest for each mount, the image, the commit')
    .option('--changes', 'compare with what is there now; ends with 1 when something changed')
    .action(
      act(async ({ client, output }, text: string, options: { changes?: boolean }) => {
        const id = parseId(text, 'job');
        if (!options.changes) return output.result(await client.provenance.inputs({ id }), inputsText);
        const since = await client.provenance.changes({ id });
        output.result(since, sinceText);
        if (!isAllSame(since)) process.exitCode = differs;
      }),
    );
  job
    .command('compare <first> <second>')
    .description('two jobs line by line; only what differs')
    .option('--all', 'also what is the same')
    .action(
      act(async ({ client, output }, first: string, second: string, options: { all?: boolean }) => {
        const compared = await client.provenance.compare({ first: parseId(first, 'job'), second: parseId(second, 'job') });
        output.result(compared, (result) => comparisonText(result, options.all ?? false));
      }),
    );
}

const isAllSame = ({ mounts, image }: ChangesSince): boolean =>
  image.changed === false && mounts.every(({ changes, reason }) => changes !== null && reason === null && isSameTree(changes));

function inputsText({ image, mounts }: JobInputs): string {
  const lines = mounts.flatMap((mount) => [
    `${mount.source} → ${mount.target} (${mount.mode}, ${mount.approach})`,
    ...(mount.digest === null ? [] : [`  ${mount.digest}`]),
    ...(mount.method === null || mount.listedAt === null
      ? []
      : [
          `  ${count(mount.files, 'file')}, ${size(mount.bytes)}, ${methodInWords(mount.method)}, listed ${time(mount.listedAt)}`,
        ]),
    ...(mount.state === 'listing' ? ['  is being listed'] : []),
    ...(mount.reason === null ? [] : [`  ${mount.state}: ${mount.reason}`]),
    ...(mount.git ? [`  git ${gitInWords(mount.git)}${mount.git.problem ? ` (${mount.git.problem})` : ''}`] : []),
  ]);
  const ran = image ? [`image ${image.reference}`, `  ${image.id}`, ...image.digests.map((digest) => `  ${digest}`)] : [];
  const all = [...lines, ...ran].map(visible);
  return all.length === 0 ? 'The job got no folders and ran in no image.' : all.join('\n');
}

function sinceText({ mounts, image }: ChangesSince): string {
  const folders = mounts.flatMap((mount) => differenceLines(mount.source, mount));
  const words =
    image.changed === null
      ? `image: ${image.reason ?? 'not known'}`
      : image.changed
        ? `image: ${image.reason ?? 'its name stands for another image now'}`
        : 'image: the same';
  return [...folders, words].map(visible).join('\n');
}

function differenceLines(name: string, { changes, reason }: TreeDifference): string[] {
  if (changes === null) return [`${name}: ${reason ?? 'not known'}`];
  return [`${name}: ${changesInWords(changes)}`, ...(reason === null ? [] : [`  ${reason}`]), ...changedFiles(changes)];
}

const marks = { added: '+', removed: '-', changed: '~', unsure: '?' } as const;

function changedFiles(changes: TreeChanges): string[] {
  const more = changes.added + changes.removed + changes.changed + changes.unsure - changes.files.length;
  return [
    ...changes.files.map(({ path, change }) => `  ${marks[change]} ${path}`),
    ...(more > 0 ? [`  and ${count(more, 'more file')}`] : []),
  ];
}

function comparisonText({ first, second, fields, inputs, outputs }: JobComparison, all: boolean): string {
  const lines = [`- job ${first.id} (${first.name})`, `+ job ${second.id} (${second.name})`];
  for (const field of fields) {
    if (field.same) {
      if (all) lines.push(`  ${field.name}: ${field.first ?? ''}`);
      continue;
    }
    lines.push(`  ${field.name}:`, `  - ${field.first ?? '(none)'}`, `  + ${field.second ?? '(none)'}`);
  }
  for (const input of inputs) lines.push(...differenceLines(`files at ${input.target}`, input));
  if (outputs) lines.push(...differenceLines('outputs', outputs));
  return lines.map(visible).join('\n');
}
