import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, problemSchema, timeSchema, vfolderNameSchema } from './base.ts';

/**
 * How far files are that leave for another program of this machine, and last a ticket for the desktop shell. A ticket
 * stands for paths that the core chose, once and for a minute: no page names a path of this machine.
 */
export const handoverSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: bytesSchema, total: bytesSchema }),
  z.object({
    type: z.literal('ready'),
    ticket: z.string(),
    /** `show`: it is a program, which is never opened, only shown in the file manager. */
    what: z.enum(['drag', 'open', 'show']),
    /** Changes are not sent back: the vfolder or the file can only be read. */
    readOnly: z.boolean(),
  }),
]);
export type Handover = z.infer<typeof handoverSchema>;

/**
 * `clean`: as it was fetched or sent last. `unsent`: changed, and sending failed (`problem`) or was never tried, as after a
 * restart. `conflict`: the file at the host is not any more what was fetched.
 */
export const editStateSchema = z.enum(['clean', 'sending', 'unsent', 'conflict']);

/** A file of a host that another program edits, in a working copy on this machine. */
export const editSchema = z.object({
  id: z.string(),
  /** Null when the vfolder is gone. */
  vfolder: vfolderNameSchema.nullable(),
  path: innerPathSchema,
  state: editStateSchema,
  problem: problemSchema.nullable(),
  openedAt: timeSchema,
  /** When a change was sent last. */
  savedAt: timeSchema.nullable(),
});
export type Edit = z.infer<typeof editSchema>;

const byId = z.object({ id: z.string().max(64) });

/** Only the desktop shell can hand files over: `unsupported` elsewhere. */
export const editsContract = {
  /**
   * Makes a file ready for its default program: by its own path when it lies on this machine, else as a working copy whose
   * changes are sent back while the file at the host is what was fetched.
   */
  open: method.input(z.object({ vfolder: vfolderNameSchema, path: innerPathSchema })).output(eventIterator(handoverSchema)),
  /** Makes files and folders ready to be dragged out; what does not lie on this machine is fetched, within bounds. */
  drag: method
    .input(z.object({ vfolder: vfolderNameSchema, paths: z.array(innerPathSchema).min(1).max(1000) }))
    .output(eventIterator(handoverSchema)),
  list: method.output(z.array(editSchema)),
  /** Sends a change once more. */
  send: method.input(byId).output(editSchema),
  /** A ticket to show the working copy in the file manager. */
  show: method.input(byId).output(z.object({ ticket: z.string() })),
  /**
   * Ends a conflict. `overwrite` replaces what is at the host now, `keep-both` puts the change beside it under another
   * name, `theirs` gives up the change and takes what is at the host into the working copy.
   */
  resolve: method.input(byId.extend({ how: z.enum(['overwrite', 'keep-both', 'theirs']) })).output(editSchema),
  /** Ends the edit and removes the working copy. @throws `wrong-state` for unsent changes, unless `discard` */
  close: method.input(byId.extend({ discard: z.boolean().optional() })).output(z.object({})),
};
