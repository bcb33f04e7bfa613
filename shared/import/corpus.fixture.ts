import type { JobSpec } from '../contract/plan.ts';
import type { ImportContext } from './imported.ts';

/** A text as it is found in public documentation, with what has to come of it. */
export interface Sample {
  readonly text: string;
  /** What the spec has at least. */
  readonly spec: Partial<JobSpec>;
  /** What is listed as not carried over; default: nothing. */
  readonly lost?: readonly string[];
}

/** Where the samples are pasted: somebody's machine. */
export const sampleContext: ImportContext = {
  folder: '/home/ada/project',
  home: '/home/ada',
  environment: {},
  vfolders: [
    { name: 'imagenet', localPath: '/data/imagenet' },
    { name: 'remote', localPath: null },
  ],
};
