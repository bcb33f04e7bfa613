import { create } from 'zustand';
import type { Entry } from '#shared/contract/files.ts';
import type { TextEncoding } from '#shared/contract/previews.ts';
import { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { copyPath } from './copy-path.ts';

/** A text that is being changed in the pane and not saved yet. */
export interface Draft {
  readonly vfolder: string;
  readonly path: string;
  /** Of the version that is being changed. */
  readonly etag: string;
  readonly encoding: TextEncoding;
  readonly bom: boolean;
  /** The text as it stands. */
  readonly read: () => string;
  readonly changed: boolean;
  /** Why it could not be saved. */
  readonly problem: StowageError | null;
}

interface Drafts {
  readonly draft: Draft | null;
  /** The editor is gone, as after another file was chosen: the person is asked what becomes of it. */
  readonly left: boolean;
  readonly saving: boolean;
}

export const useDraft = create<Drafts>()(() => ({ draft: null, left: false, saving: false }));

export const isDraftOf = (draft: Draft | null, vfolder: string, path: string): boolean =>
  draft?.vfolder === vfolder && draft.path === path;

export const beginDraft = (draft: Omit<Draft, 'changed' | 'problem'>): void =>
  useDraft.setState({ draft: { ...draft, changed: false, problem: null }, left: false });

export function updateDraft(change: Partial<Pick<Draft, 'changed' | 'problem' | 'read'>>): void {
  const { draft } = useDraft.getState();
  if (draft) useDraft.setState({ draft: { ...draft, ...change } });
}

export const dropDraft = (): void => useDraft.setState({ draft: null, left: false });

/** The editor goes away: what is unsaved is kept until the person says what becomes of it. */
export function leaveDraft(): void {
  const { draft } = useDraft.getState();
  if (!draft) return;
  if (!draft.changed) {
    dropDraft();
    return;
  }
  const text = draft.read();
  useDraft.setState({ draft: { ...draft, read: () => text }, left: true });
}

/** Messages over the wire have an end; characters that JSON writes as six need it sooner. */
const maxMessageChars = 3_500_000;

type Over = 'same-version' | 'whatever-is-there' | 'copy';

/** Saves the draft; on success it is gone, otherwise it tells its problem. Gives the entry that was written. */
export async function saveDraft(over: Over = 'same-version'): Promise<Entry | null> {
  const { draft, saving } = useDraft.getState();
  if (!draft || saving) return null;
  useDraft.setState({ saving: true });
  try {
    const entry = await write(draft, over);
    dropDraft();
    return entry;
  } catch (error) {
    updateDraft({ problem: fromContract(error) });
    return null;
  } finally {
    useDraft.setState({ saving: false });
  }
}

async function write({ vfolder, path, etag, encoding, bom, read }: Draft, over: Over): Promise<Entry> {
  const text = read();
  if (JSON.stringify(text).length > maxMessageChars)
    throw new StowageError('bad-request', 'This text is too large to be saved here.');
  const put = (to: string, expected: string | null): Promise<Entry> => {
    // A copy can take signs that the encoding of the file does not have.
    const written = over === 'copy' && encoding === 'windows-1252' ? 'utf-8' : encoding;
    return client.files.writeText({ vfolder, path: to, text, etag: expected, encoding: written, bom });
  };
  if (over === 'same-version') return put(path, etag);
  if (over === 'whatever-is-there') {
    const there = await client.files.stat({ vfolder, path }).catch((error: unknown) => {
      if (fromContract(error).code === 'not-found') return null;
      throw error;
    });
    return put(path, there?.etag ?? null);
  }
  for (let number = 1; ; number += 1) {
    try {
      return await put(copyPath(path, number), null);
    } catch (error) {
      if (fromContract(error).code !== 'precondition-failed' || number >= 50) throw error;
    }
  }
}
