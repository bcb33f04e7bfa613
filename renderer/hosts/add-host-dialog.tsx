import { useState } from 'react';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { goHosts } from '../app/navigation.ts';
import { loadHosts, useHosts } from '../app/stores/hosts.ts';
import { NameField } from '../ui/name-field.tsx';
import { showToast } from '../ui/toasts.tsx';
import { AttachFields } from './attach-fields.tsx';
import {
  type AttachForm,
  type FormValues,
  hasSecrets,
  missingFields,
  noValues,
  suggestHostName,
  toAttach,
} from './attach-form.ts';
import { HostFormDialog } from './host-form-dialog.tsx';
import { hostNameProblem } from './host-name.ts';
import { HostSwitches } from './host-switches.tsx';
import { KindTiles, tileOf } from './kind-tiles.tsx';
import { SecretKeeping } from './secret-keeping.tsx';
import { useHostTest } from './use-host-test.ts';

/** Attaches another storage host: of which kind, where it is, what to sign in with; tried before it is added. */
export function AddHostDialog({ onClose }: { readonly onClose: () => void }) {
  const names = useHosts((state) => state.hosts).map((host) => host.name);
  const [form, setForm] = useState<AttachForm>('local');
  const [values, setValues] = useState<FormValues>(noValues);
  const [named, setNamed] = useState<string | null>(null);
  const [readOnly, setReadOnly] = useState(false);
  const [isDefault, setDefault] = useState(false);
  const [session, setSession] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  const [adding, setAdding] = useState(false);
  const { test, run, stop } = useHostTest();
  const name = named ?? suggestHostName(form, values, names);
  const problem = hostNameProblem(name, names);
  const complete = missingFields(form, values).length === 0;
  const attach = toAttach(form, values);
  const changed = (change: () => void): void => {
    stop();
    setError(null);
    change();
  };
  const add = async (): Promise<void> => {
    setError(null);
    // What was found wanting before is added all the same: the person has read why.
    if (test.result?.usable !== true && !refused && (await run({ attach, readOnly })) !== true) return;
    setAdding(true);
    try {
      const host = await client.hosts.add({
        name,
        attach,
        readOnly,
        isDefault: isDefault && !readOnly,
        keep: session ? 'session' : 'saved',
      });
      await loadHosts();
      onClose();
      goHosts(host.id);
      showToast({ intent: 'success', title: `Added storage host “${host.name}”` });
    } catch (failure) {
      setError(fromContract(failure));
      setAdding(false);
    }
  };
  const refused = test.result?.usable === false || test.problem !== null;
  return (
    <HostFormDialog
      title="Add a storage host"
      test={test}
      error={error}
      onTest={complete ? () => void run({ attach, readOnly }) : null}
      onStopTest={stop}
      action={adding ? 'Adding…' : refused ? 'Add anyway' : 'Add'}
      onSubmit={complete && problem === null && name !== '' && !adding ? () => void add() : null}
      onClose={onClose}
    >
      <KindTiles form={form} onForm={(next) => changed(() => setForm(next))} />
      <AttachFields
        key={tileOf(form)}
        form={form}
        values={values}
        onForm={(next) => changed(() => setForm(next))}
        onValues={(next) => changed(() => setValues(next))}
      />
      <NameField label="Name" required value={name} problem={name === '' ? null : problem} onChange={setNamed} />
      <HostSwitches
        readOnly={readOnly}
        isDefault={isDefault}
        onReadOnly={(next) => changed(() => setReadOnly(next))}
        onDefault={setDefault}
      />
      {hasSecrets(form) && <SecretKeeping session={session} onSession={setSession} />}
    </HostFormDialog>
  );
}
