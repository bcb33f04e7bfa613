import { type Case, figures, impossible, possible } from './approach-case.ts';
import { bakeCost, frameOf, isManySmall } from './cost.ts';
import { aboutSeconds, bytesText, durationText, filesText } from './figures.ts';
import type { Contents, JudgedOption } from './types.ts';

/** Larger folders are not put into images. */
const maxBakedBytes = 1e9;
const maxBakedFiles = 500_000;
/** A folder that changed less long ago than this changes often: its image would be built again and again. */
const settledMs = 7 * 86_400_000;

export function judgeBake(one: Case): JudgedOption {
  const { mount, request, container, parent, image } = one;
  const { facts, mode, role } = mount;
  const no = (reason: string): JudgedOption => impossible('bake', reason);
  if (!container) return no(`The engine “${request.engine.name}” has no images.`);
  if (facts.vfolder === null) return no('Only what lies in a vfolder is put into images: link the folder as one first.');
  if (role === 'output') return no('What an image holds cannot be brought back: outputs need another way.');
  if (mode === 'rw') return no('What an image holds is read-only for the job, and this mount is writable.');
  if (facts.stat === 'file') return no('An image is made for folders, not for a single file.');
  if (parent !== null) return no('It lies inside another mount, which would hide what the image holds there.');
  const there = image?.paths[mount.target];
  if (there === 'directory' || there === 'file')
    return no('The image of the job has files there already, which would be mixed with these.');
  const { contents } = facts;
  if (contents === null || contents.counting) return no('It must be counted before it can be put into an image.');
  if (!contents.complete) return no('It is too large to be counted, and so for an image.');
  if (contents.bytes > maxBakedBytes) {
    return no(`It holds ${bytesText(contents.bytes)}, and images are made of at most ${bytesText(maxBakedBytes)}.`);
  }
  if (contents.files > maxBakedFiles) {
    return no(`It holds ${filesText(contents.files)}, and images are made of at most ${filesText(maxBakedFiles)}.`);
  }
  const cost = bakeCost(contents, frameOf(mount, request));
  const { disk } = request.machine;
  if (disk !== null && cost.diskBytes > disk.freeBytes) {
    const reason = `An image needs ${bytesText(cost.diskBytes)} of disk, and ${bytesText(disk.freeBytes)} are free.`;
    return impossible('bake', reason, 'disk', cost);
  }
  const time = cost.seconds === null ? '' : ` in ${aboutSeconds(cost.seconds)}`;
  const reason = `Baked: ${figures(contents)} become part of the image${time}, once; later jobs start at once, until something changes.`;
  const age = ageMs(contents, request.machine.now);
  const drawback =
    age !== null && age < settledMs
      ? `Its files changed ${agoText(age)}: every change makes a new image, built before the job starts.`
      : null;
  return { ...possible('bake', reason, cost), drawback };
}

const ageMs = ({ newest }: Contents, now: number): number | null => (newest === null ? null : Math.max(0, now - newest));

const agoText = (ms: number): string => (ms < 3_600_000 ? 'within the last hour' : `${durationText(ms / 1000)} ago`);

/** Many small files that hardly change, for an engine that keeps images where the jobs run. */
export function recommendsBake({ mount, request, elsewhere }: Case): boolean {
  const { contents } = mount.facts;
  if (!elsewhere || contents === null || !isManySmall(contents)) return false;
  const age = ageMs(contents, request.machine.now);
  return age !== null && age >= settledMs;
}
