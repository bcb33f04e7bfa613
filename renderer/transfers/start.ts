import { create } from 'zustand';
import type { ConflictPolicy, Endpoint } from '#shared/contract/transfers.ts';
import { client } from '../app/client.ts';
import { putTransfer } from '../app/stores/transfers.ts';
import { plural } from '../ui/format.ts';
import { reportError } from '../ui/toasts.tsx';
import type { Upload } from './dropped.ts';
import { pushUpload } from './push.ts';

export interface ConflictQuestion {
  readonly existing: number;
  readonly examples: readonly string[];
  readonly complete: boolean;
  readonly destination: string;
  readonly answer: (policy: ConflictPolicy | null) => void;
}

/** The question that the conflict dialog shows. */
export const useConflictQuestion = create<{ readonly question: ConflictQuestion | null }>()(() => ({ question: null }));

function ask(question: Omit<ConflictQuestion, 'answer'>): Promise<ConflictPolicy | null> {
  return new Promise((resolve) => {
    const answer = (policy: ConflictPolicy | null): void => {
      useConflictQuestion.setState({ question: null });
      resolve(policy);
    };
    useConflictQuestion.setState({ question: { ...question, answer } });
  });
}

export interface TransferRequest {
  readonly sources: Endpoint[];
  readonly destination: Endpoint;
  readonly move?: boolean;
  /** Skips the question. */
  readonly conflict?: ConflictPolicy;
}

const describe = (endpoint: Endpoint): string =>
  endpoint.kind === 'local' ? endpoint.path : `${endpoint.vfolder}${endpoint.path === '' ? '' : `/${endpoint.path}`}`;

/** Starts a copy, move, upload or download by path; asks first when something would be overwritten. Null: given up. */
export async function startTransfer({ sources, destination, move, conflict }: TransferRequest): Promise<number | null> {
  try {
    let policy = conflict ?? 'ask';
    if (!conflict) {
      const preview = await client.transfers.preview({ sources, destination });
      if (preview.existing > 0) {
        const chosen = await ask({ ...preview, destination: describe(destination) });
        if (chosen === null) return null;
        policy = chosen;
      }
    }
    const transfer = await client.transfers.start({ sources, destination, conflict: policy, ...(move && { move }) });
    putTransfer(transfer);
    return transfer.id;
  } catch (error) {
    reportError(error, 'The transfer could not start.');
    return null;
  }
}

/** Uploads what was dropped or chosen into a folder: by path in Electron, as bodies in a browser. */
export async function startUpload(upload: Upload, vfolder: string, path: string): Promise<void> {
  const destination: Endpoint = { kind: 'vfolder', vfolder, path };
  if (upload.localPaths.length > 0) {
    await startTransfer({ sources: upload.localPaths.map((one) => ({ kind: 'local', path: one })), destination });
    return;
  }
  const title = upload.names.length === 1 ? (upload.names[0] ?? 'Upload') : plural(upload.names.length, 'item');
  try {
    await pushUpload(upload, destination, title.slice(0, 300), 'ask');
  } catch (error) {
    reportError(error, 'The upload could not start.');
  }
}
