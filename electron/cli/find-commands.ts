import type { Command } from 'commander';
import { formatAddress } from '#shared/address.ts';
import type { IndexState, Match } from '#shared/contract/search.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act, Context } from './act.ts';
import { interruptible } from './interrupt.ts';
import { parseVfolderOperand } from './operands.ts';
import { count, size, time } from './output.ts';

interface FindOptions {
  refresh?: boolean;
  limit?: string;
}

/** `stowage find|index`. */
export function addFindCommands(program: Command, act: Act): void {
  program
    .command('find <address> <query...>')
    .description('what is below a folder by name: words, globs, size:>1g, modified:<7d, kind:folder, ext:csv')
    .option('--refresh', 'take the index anew first')
    .option('--limit <number>', 'print no more than this', '1000')
    .action(act(find));
  program.command('index <address>').description('takes the index of a vfolder anew, in which find looks').action(act(index));
}

/** Prints the last answer; exit code 1 when nothing matches, as grep has it. */
async function find({ client, output }: Context, address: string, words: string[], options: FindOptions): Promise<void> {
  const { vfolder, path } = parseVfolderOperand(address);
  const limit = parseLimit(options.limit ?? '');
  const query = words.join(' ');
  let matches: Match[] = [];
  let total = 0;
  let state: IndexState | null = null;
  const stop = new AbortController();
  const { stopped } = await interruptible(
    () => stop.abort(),
    async () => {
      const asked = { vfolder, path, query, limit, ...(options.refresh && { refresh: true }) };
      for await (const event of await client.search.find(asked, { signal: stop.signal })) {
        if (event.type === 'matches') matches.push(...event.matches);
        else {
          state = event.index;
          total = event.total;
          if (event.type === 'answer') matches = [];
          if (event.index.taking) output.progress(progressLine(event.index));
        }
      }
    },
  );
  output.progress(null);
  if (stopped !== null) {
    process.exitCode = stopped;
    return;
  }
  const index = state as IndexState | null;
  output.result({ query, total, takenAt: index?.takenAt ?? null, changedSince: index?.changedSince ?? false, matches }, () =>
    matches.map((match) => line(vfolder, match)).join('\n'),
  );
  if (!output.json) tellDoubts(index, total, matches.length);
  if (total === 0) process.exitCode = 1;
}

const line = (vfolder: string, { path, kind }: Match): string =>
  visible(formatAddress(vfolder, kind === 'directory' ? `${path}/` : path));

const progressLine = ({ taking }: IndexState): string =>
  `Taking the index: ${count(taking?.entries ?? 0, 'name')} in ${count(taking?.folders ?? 0, 'folder')}`;

/** What the reader of the list has to know besides, on stderr. */
function tellDoubts(index: IndexState | null, total: number, printed: number): void {
  const doubts: string[] = [];
  if (total > printed) doubts.push(`${total} match; the first ${printed} are printed, --limit prints more.`);
  if (index && index.skipped > 0) doubts.push(`${count(index.skipped, 'folder')} could not be read.`);
  if (index?.problem) doubts.push(`The index is of ${time(index.takenAt)}: ${index.problem.message}`);
  for (const doubt of doubts) process.stderr.write(`stowage: ${visible(doubt)}\n`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 10_000) return limit;
  throw new StowageError('bad-request', `“${text}” is no limit: write a number from 1 to 10000.`, { subject: text });
}

async function index({ client, output }: Context, address: string): Promise<void> {
  const { vfolder } = parseVfolderOperand(address);
  const stop = new AbortController();
  let last: IndexState | null = null;
  const { stopped } = await interruptible(
    () => stop.abort(),
    async () => {
      try {
        for await (const state of await client.search.index({ vfolder }, { signal: stop.signal })) {
          last = state;
          if (state.taking) output.progress(progressLine(state));
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    },
  );
  output.progress(null);
  if (stopped !== null) {
    process.exitCode = stopped;
    return;
  }
  output.result(last as IndexState | null, (state) => {
    if (!state) return '';
    const skipped = state.skipped > 0 ? `; ${count(state.skipped, 'folder')} could not be read` : '';
    return `Indexed ${count(state.files, 'file')} in ${count(state.folders, 'folder')} (${size(state.bytes)})${skipped}.`;
  });
}
