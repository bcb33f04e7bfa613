import type { MountCost } from '../contract/plan.ts';
import { type Case, figures, impossible, nothing, possible } from './approach-case.ts';
import { copyCost, frameOf, isManySmall, longSeconds, usesVolume } from './cost.ts';
import { aboutSeconds, bytesText } from './figures.ts';
import type { Contents, JudgedOption } from './types.ts';

/** So much is never copied before a job, whatever the disk holds. */
const neverCopiedBytes = 1e12;

export function judgeCopy(one: Case): JudgedOption {
  const { mount, request, elsewhere, unborn } = one;
  const { facts, mode, role } = mount;
  if (elsewhere && !request.machine.volumes)
    return impossible('copy', 'Copies cannot be brought to an engine on another machine.');
  if (facts.vfolder === null && !unborn)
    return impossible('copy', 'Only what lies in a vfolder is copied: link the folder as one first.');
  if (facts.stat === 'file' && usesVolume(request))
    return impossible('copy', 'A single file cannot be brought into a volume of the engine: mount the folder that it lies in.');
  const { contents } = facts;
  const back = mode === 'rw' ? ' What the job changes is copied back when it ends.' : '';
  // The output of a job begins empty, whatever is in the folder already.
  if (role === 'output') {
    return possible('copy', 'Copied back: what the job writes is brought to its place when the job ends.', costOf(one, nothing));
  }
  if (contents === null) return possible('copy', `Copied: how much it holds is not known yet.${back}`, null);
  const cost = costOf(one, contents);
  const packed = packedNow(contents, cost);
  const obstacle = diskObstacle(one, contents, cost);
  if (obstacle !== null) return impossible('copy', obstacle, 'disk', cost);
  const option = possible('copy', `${reasonOf(one, contents, cost, packed)}${back}`, cost, packed);
  return { ...option, drawback: drawbackOf(one, cost) };
}

const costOf = ({ mount, request }: Case, contents: Contents): MountCost =>
  copyCost(contents, mount.facts.cached, frameOf(mount, request));

/** One stream pays when there is something to move. */
const packedNow = (contents: Contents, { moveFiles }: MountCost): boolean => isManySmall(contents) && moveFiles > 0;

function reasonOf({ mount, request, elsewhere }: Case, contents: Contents, cost: MountCost, packed: boolean): string {
  const { remote } = mount.facts;
  const time = cost.seconds === null ? '' : ` in ${aboutSeconds(cost.seconds)}`;
  if (contents.files === 0) return contents.complete ? 'Copied: it is empty.' : 'Copied: how much it is, is not known yet.';
  if (!remote) {
    const where = usesVolume(request)
      ? elsewhere
        ? 'to the machine of the engine'
        : 'into a volume of the engine'
      : 'to a folder of the job';
    return `Copied: ${figures(contents)} ${contents.files === 1 ? 'is' : 'are'} brought ${where}${time}.`;
  }
  const counting = contents.complete
    ? ''
    : contents.counting
      ? ' They are still being counted.'
      : ' There is more than was counted.';
  if (cost.moveBytes === 0 && cost.moveFiles === 0)
    return `Copied: all ${bytesText(contents.bytes)} are in the cache already.${counting}`;
  const share = Math.floor((100 * (cost.bytes - cost.moveBytes)) / Math.max(1, cost.bytes));
  const cached = share > 0 ? ` (${share} % of ${bytesText(cost.bytes)} are in the cache)` : '';
  if (packed)
    return `Copied: ${figures(contents)} are fetched as one stream${time}${cached}; shared, each would be read over the network.${counting}`;
  return `Copied: ${bytesText(cost.moveBytes)} are fetched${time}${cached}, then read at the speed of the disk.${counting}`;
}

/** Why the disk or the cache cannot hold the copy, as a sentence; null: they can, or it is not known. */
function diskObstacle({ request }: Case, { bytes, complete }: Contents, { moveBytes, diskBytes }: MountCost): string | null {
  const { disk } = request.machine;
  const more = complete ? '' : 'more than ';
  if (moveBytes >= neverCopiedBytes)
    return `${more === '' ? '' : 'More than '}${bytesText(moveBytes)} are too much to copy for a job.`;
  if (disk === null) return null;
  if (bytes > disk.cacheLimitBytes) {
    return `A copy needs ${more}${bytesText(bytes)}, and the cache may hold ${bytesText(disk.cacheLimitBytes)}.`;
  }
  const needed = Math.max(0, diskBytes - evictable(disk, moveBytes));
  return needed > disk.freeBytes
    ? `A copy needs ${more}${bytesText(diskBytes)} of disk, and ${bytesText(disk.freeBytes)} are free.`
    : null;
}

/** What the cache lets go of, to stay within its limit, when so much is added. */
export const evictable = (
  { cacheLimitBytes, cacheUsedBytes }: { readonly cacheLimitBytes: number; readonly cacheUsedBytes: number },
  added: number,
): number => Math.min(cacheUsedBytes, Math.max(0, cacheUsedBytes + added - cacheLimitBytes));

function drawbackOf({ mount, request }: Case, { seconds, bytes }: MountCost): string | null {
  if (mount.facts.remote || usesVolume(request)) {
    return seconds !== null && seconds > longSeconds ? `The job waits ${aboutSeconds(seconds)} for the copy.` : null;
  }
  return bytes === 0
    ? null
    : 'It is on this machine already: the copy takes time and disk, and changes made meanwhile are not seen.';
}
