import type { BuildProgress } from '../cache/build.ts';
import type { StagingOptions, TellStep } from '../services.ts';

const tellMs = 250;

/** Tells at most four times a second; the text is made only then. */
export function pacedTell(tell: TellStep): (text: () => string, part?: number) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (text, part) => {
    const now = performance.now();
    if (now - told < tellMs) return;
    told = now;
    tell(text(), part === undefined ? undefined : { part });
  };
}

/** Everything that is told from now on is about this mount of the plan. */
export const ofMount = (stage: StagingOptions, mount: number): StagingOptions => ({
  ...stage,
  tell: (text, step) => stage.tell(text, { at: mount, ...step }),
});

/** How far it is; undefined where nothing has to be moved. */
export const partDone = ({ doneBytes, totalBytes }: BuildProgress): number | undefined =>
  totalBytes > 0 ? doneBytes / totalBytes : undefined;

const number = (value: number): string => value.toLocaleString('en-US');

/** A part of so many bytes, in the unit of the whole: `1.2 of 3.0 GB`. */
export function partOf(done: number, total: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = total < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(total) / 3));
  const digits = power === 0 ? 0 : 1;
  return `${(done / 1000 ** power).toFixed(digits)} of ${(total / 1000 ** power).toFixed(digits)} ${units[power]}`;
}

export const copyingIn = (name: string, progress: BuildProgress): string =>
  `Copying ${name}: ${number(progress.doneFiles)} of ${number(progress.totalFiles)} files · ${partOf(progress.doneBytes, progress.totalBytes)}`;

export const copyingBack = (name: string, { files, bytes }: { files: number; bytes: number }): string =>
  `Copying back to ${name}: ${number(files)} ${files === 1 ? 'file' : 'files'} · ${(bytes / 1e6).toFixed(1)} MB so far`;
