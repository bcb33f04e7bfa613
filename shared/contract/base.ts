import { oc } from '@orpc/contract';
import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../errors.ts';

/** Zod compiles validators with `new Function`, which the content security policy forbids. */
z.config({ jitless: true });

export const errorDataSchema = z.object({
  subject: z.string().optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
});

type ErrorMap = Record<ErrorCode, { data: typeof errorDataSchema }>;

const errorMap = Object.fromEntries(errorCodes.map((code) => [code, { data: errorDataSchema }])) as ErrorMap;

/** Every method of the contract starts from here, so every method can fail with the closed set of errors. */
export const method = oc.errors(errorMap);

/** An error as it is stored with a job, a transfer or a file. */
export const problemSchema = errorDataSchema.extend({ code: z.enum(errorCodes), message: z.string() });
export type Problem = z.infer<typeof problemSchema>;

/** Milliseconds since the epoch. */
export const timeSchema = z.number();
/** Bytes. */
export const bytesSchema = z.number().int().nonnegative();
/** How a folder is mounted. */
export const permissionModeSchema = z.enum(['ro', 'rw']);
export type MountMode = z.infer<typeof permissionModeSchema>;
/** A path inside a vfolder: `/`-separated, relative, `''` is the vfolder itself. Validated again by the core (paths.ts). */
export const innerPathSchema = z.string().max(8192);
/** The name of a vfolder, as a lookup key. Creation checks the name rules (names.ts). */
export const vfolderNameSchema = z.string().min(1).max(64);
