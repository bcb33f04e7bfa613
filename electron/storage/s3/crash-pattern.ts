import type { S3Settings } from './service.ts';

/** What the child of the test of `kill -9` is to write. */
export interface CrashRequest {
  readonly settings: S3Settings;
  readonly secretAccessKey: string;
  readonly size: number;
  readonly pauseMs: number;
}

/** The byte at an offset: no two parts are alike. */
export const patternAt = (offset: number): Buffer => Buffer.alloc(1024 * 1024, `${offset / (1024 * 1024)},`);
