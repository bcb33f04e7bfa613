import { useState } from 'react';
import type { Host } from '#shared/contract/hosts.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { loadHosts, useHosts } from '../app/stores/hosts.ts';
import { NameField } from '../ui/name-field.tsx';
import { Section } from '../ui/section.tsx';
import { showToast } from '../ui/toasts.tsx';
import { AttachFields } from './attach-fields.tsx';
import {
  type AttachForm,
  editedForm,
  type FormValues,
  fieldsOf,
  hasSecrets,
  missingFields,
  noValues,
  toAttach,
} from './attach-form.ts';
import { HostFormDialog } from './host-form-dialog.tsx';
import { hostNameProblem } from './host-name.ts';
import { HostSwitches } from './host-switches.tsx';
import { SecretKeeping } from './secret-keeping.tsx';
import { useHostTest } from './use-host-test.ts';

interface EditHostDialogProps {
  readonly host: Host;
  /** Opened in order to give credentials. */
  readonly credentials: boolean;
  readonly onClose: () => void;
}

/** What is new in the fields of a host: nothing, something that can be sent, or a change that lacks its secret. */
function editOf(host: Host, form: AttachForm, values: FormValues): 'none' | 'complete' | 'lacking' {
  if (missingFields(form, values).length === 0) {
    const before = editedForm(host.settings);
    const same =
      before && !hasSecrets(form) && JSON.stringify(toAttach(form, values)) === JSON.stringify(toAttach(form, before.values));
    return same ? 'none' : 'complete';
  }
  const before = editedForm(host.settings);
  const texts = fieldsOf(form).map(({ id }) => [(values.text[id] ?? '').trim(), before?.values.text[id] ?? ''] as const);
  return before?.form === form && texts.every(([now, then]) => now === then) ? 'none' : 'lacking';
}

/** Name, mode and credentials of a host. Secrets never come back: a field left empty keeps what is there. */
export function EditHostDialog({ host, credentials, onClose }: EditHostDialogProps) {
  const others = useHosts((state) => state.hosts).filter((one) => one.id !== host.id);
  const [first] = useState(() => editedForm(host.settings));
  const [form, setForm] = useState<AttachForm>(first?.form ?? 'local');
  const [values, setValues] = useState<FormValues>(first?.values ?? noValues);
  const [name, setName] = useState(host.name);
  const [readOnly, setReadOnly] = useState(host.readOnly);
  const [isDefault, setDefault] = useState(host.isDefault);
  const [session, setSession] = useState(host.secret === 'session');
  const [error, setError] = useState<StowageError | null>(null);
  const [saving, setSaving] = useState(false);
  const { test, run, stop } = useHostTest();
  const edit = first ? editOf(host, form, values) : 'none';
  const problem = hostNameProblem(
    name,
    others.map((one) => one.name),
  );
  const refused = test.result?.usable === false || test.problem !== null;
  const attach = edit === 'complete' ? toAttach(form, values) : null;
  const changed = (change: () => void): void => {
    stop();
    setError(null);
    change();
  };
  const tryIt = (): Promise<boolean | null> => run(attach ? { attach, readOnly } : { id: host.id });
  const save = async (): Promise<void> => {
    setError(null);
    if (attach && test.result?.usable !== true && !refused && (await tryIt()) !== true) return;
    setSaving(true);
    try {
      await client.hosts.update({
        id: host.id,
        ...(name !== host.name && { name }),
        ...(readOnly !== host.readOnly && { readOnly }),
        ...(isDefault !== host.isDefault && { isDefault }),
        ...(attach && { attach, keep: session ? ('session' as const) : ('saved' as const) }),
      });
      await loadHosts();
      onClose();
      showToast({ intent: 'success', title: `Changed storage host “${name}”` });
    } catch (failure) {
      setError(fromContract(failure));
      setSaving(false);
    }
  };
  const secrets = hasSecrets(form);
  return (
    <HostFormDialog
      title={`Edit “${host.name}”`}
      test={test}
      error={error}
      onTest={edit === 'lacking' ? null : () => void tryIt()}
      onStopTest={stop}
      action={saving ? 'Saving…' : attach && refused ? 'Save anyway' : 'Save'}
      onSubmit={problem === null && edit !== 'lacking' && !saving ? () => void save() : null}
      onClose={onClose}
    >
      {!credentials && <NameField label="Name" required value={name} problem={problem} onChange={setName} />}
      {!credentials && (
        <HostSwitches
          readOnly={readOnly}
          isDefault={isDefault}
          staysDefault={host.isDefault}
          onReadOnly={(next) => changed(() => setReadOnly(next))}
          onDefault={setDefault}
        />
      )}
      {first && (
        <Section title={secrets ? 'Place and credentials' : 'Place'}>
          <AttachFields
            form={form}
            values={values}
            keeps={host.secret !== 'missing'}
            onForm={(next) => changed(() => setForm(next))}
            onValues={(next) => changed(() => setValues(next))}
          />
        </Section>
      )}
      {edit === 'lacking' && <div role="status">To change this, fill in every field that is marked, the secret too.</div>}
      {secrets && attach && <SecretKeeping session={session} onSession={setSession} />}
    </HostFormDialog>
  );
}
