import { Button, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import type { FileProperties } from '#shared/contract/properties.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { plural } from '../ui/format.ts';
import { AccessSection } from './access-section.tsx';
import { DialogFrame, type FrameTab } from './dialog-frame.tsx';
import { FactList, SizeFacts } from './facts.tsx';
import { GeneralSection } from './general-section.tsx';
import { MetadataFacts, MetadataForm } from './metadata-section.tsx';
import { changeOf, draftOf, type PropertyDraft, problemsOf } from './property-draft.ts';
import { StatisticsView } from './statistics-view.tsx';
import { type Looked, useProperties } from './use-properties.ts';
import { type Counting, useStatistics } from './use-statistics.ts';

/** The tabs of the dialog. */
export type PropertiesTab = 'general' | 'contents' | 'metadata' | 'access';

interface PropertiesDialogProps {
  readonly vfolder: string;
  readonly entries: readonly Entry[];
  /** The tab to begin with. */
  readonly tab?: PropertiesTab;
  readonly onClose: () => void;
}

/** Properties of a file or folder, or what several of them are together. */
export function PropertiesDialog({ vfolder, entries, tab = 'general', onClose }: PropertiesDialogProps) {
  const counting = useStatistics(vfolder, entries);
  const [first] = entries;
  if (entries.length === 1 && first) return <EntryDialog {...{ vfolder, tab, onClose, counting }} entry={first} />;
  const content = (
    <>
      <FactList>
        <SizeFacts counting={counting} containers />
      </FactList>
      {counting.problem && <ErrorMessage error={counting.problem} />}
    </>
  );
  const tabs = [{ id: 'general', label: 'General', content }] as const;
  return <DialogFrame title={plural(entries.length, 'item')} tabs={tabs} shown="general" onShow={() => {}} onClose={onClose} />;
}

interface EntryDialogProps {
  readonly vfolder: string;
  readonly entry: Entry;
  readonly tab: PropertiesTab;
  readonly counting: Counting;
  readonly onClose: () => void;
}

function EntryDialog({ vfolder, entry, tab, counting, onClose }: EntryDialogProps) {
  const [shown, setShown] = useState<PropertiesTab>(tab);
  const [warned, setWarned] = useState(false);
  const looked = useProperties(vfolder, entry.path);
  const editing = useEditing(vfolder, looked);
  const { found, error } = looked;
  const missing = error ? <ErrorMessage error={error} /> : <Spinner size="tiny" label="Looking at its properties" />;
  const trouble = error ?? counting.problem;
  const general = (
    <>
      {trouble && <ErrorMessage error={trouble} />}
      <GeneralSection {...{ vfolder, entry, found, counting }} />
    </>
  );
  const tabs: FrameTab<PropertiesTab>[] = [{ id: 'general', label: 'General', content: general }];
  if (entry.kind === 'directory') {
    const { statistics } = counting;
    const content = statistics ? <StatisticsView {...{ vfolder, statistics }} path={entry.path} onLeave={onClose} /> : null;
    tabs.push({ id: 'contents', label: 'Contents', content });
  } else {
    tabs.push({ id: 'metadata', label: 'Metadata and tags', content: found ? <Metadata {...{ found, editing }} /> : missing });
  }
  tabs.push({ id: 'access', label: 'Access', content: found ? <AccessSection {...{ vfolder, found }} /> : missing });
  const close = (): void => {
    // What was typed is not thrown away by a key that was meant for something else.
    if (!editing.dirty || editing.busy) onClose();
    else setWarned(true);
  };
  const { dirty } = editing;
  const save = (
    <>
      <Button disabled={editing.busy} onClick={editing.discard}>
        Discard
      </Button>
      <Button appearance="primary" disabled={editing.busy || editing.invalid} onClick={() => void editing.save()}>
        {editing.busy ? 'Saving…' : 'Save'}
      </Button>
    </>
  );
  const said = dirty ? (warned ? 'Save or discard the changes first.' : 'Not saved yet') : editing.saved ? 'Saved' : '';
  return (
    <DialogFrame
      title={visible(entry.name)}
      {...{ tabs, shown }}
      onShow={setShown}
      status={said}
      {...(dirty && { actions: save })}
      onClose={close}
    />
  );
}

interface Editing {
  readonly draft: PropertyDraft | null;
  readonly change: (draft: PropertyDraft) => void;
  readonly dirty: boolean;
  readonly invalid: boolean;
  readonly busy: boolean;
  readonly saved: boolean;
  readonly error: StowageError | null;
  readonly save: () => Promise<void>;
  readonly discard: () => void;
  /** Looks at the file again, which loses what was typed. */
  readonly reload: () => void;
}

/** What is typed into the form, from the first letter until it is saved or given up. */
function useEditing(vfolder: string, { found, put, reload }: Looked): Editing {
  const [draft, setDraft] = useState<PropertyDraft | null>(null);
  const [state, setState] = useState<{ busy: boolean; saved: boolean; error: StowageError | null }>(idle);
  const edit = found && !('refusal' in found.edit) ? found.edit : null;
  const change = found && edit && draft ? changeOf(found, draft, edit) : null;
  const invalid = found && edit && draft ? problemsOf(found, draft, edit).any : false;
  const reset = (): void => {
    setDraft(null);
    setState(idle);
  };
  const save = async (): Promise<void> => {
    if (!found || !change || invalid) return;
    const { path, etag = '' } = found.entry;
    setState({ busy: true, saved: false, error: null });
    try {
      put(await client.files.setProperties({ vfolder, path, etag, change }));
      setDraft(null);
      setState({ ...idle, saved: true });
    } catch (failure) {
      setState({ ...idle, error: fromContract(failure) });
    }
  };
  return {
    draft: found && (draft ?? draftOf(found)),
    change: (next) => {
      setDraft(next);
      setState(idle);
    },
    dirty: change !== null || invalid,
    invalid,
    ...state,
    save,
    discard: reset,
    reload: () => {
      reset();
      reload();
    },
  };
}

const idle = { busy: false, saved: false, error: null };

function Metadata({ found, editing }: { readonly found: FileProperties; readonly editing: Editing }) {
  const { edit } = found;
  const { draft, error } = editing;
  if ('refusal' in edit || !draft) return <MetadataFacts found={found} refusal={'refusal' in edit ? edit.refusal : ''} />;
  const again = (
    <Button size="small" onClick={editing.reload}>
      Look again
    </Button>
  );
  return (
    <>
      {error && <ErrorMessage error={error} actions={error.code === 'precondition-failed' ? again : null} />}
      <MetadataForm
        {...{ found, edit, draft }}
        problems={problemsOf(found, draft, edit)}
        busy={editing.busy}
        onChange={editing.change}
      />
    </>
  );
}
