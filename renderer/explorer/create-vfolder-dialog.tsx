import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  makeStyles,
  Radio,
  RadioGroup,
  Textarea,
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import type { MountMode } from '#shared/contract/base.ts';
import type { Usage } from '#shared/contract/vfolders.ts';
import type { StowageError } from '#shared/errors.ts';
import { isAutomountName } from '#shared/names.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { contentsOf, type Upload } from '../transfers/dropped.ts';
import { startUpload } from '../transfers/start.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { plural } from '../ui/format.ts';
import { NameField } from '../ui/name-field.tsx';
import { HostField } from './host-field.tsx';
import { folder } from './location.ts';
import { navigate } from './tabs.ts';
import { UsageField } from './usage-field.tsx';
import { nameProblem, suggestName } from './vfolder-name.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '480px' },
  fields: { display: 'flex', flexDirection: 'column', gap: '12px', paddingTop: '4px' },
  two: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '12px' },
});

interface CreateVfolderDialogProps {
  readonly name: string;
  readonly upload: Upload | null;
  readonly onClose: () => void;
}

/** A new vfolder; with an upload, what was dropped goes into it. */
export function CreateVfolderDialog({ name: wanted, upload, onClose }: CreateVfolderDialogProps) {
  const styles = useStyles();
  const taken = useVfolders((state) => state.vfolders);
  const [name, setName] = useState(() =>
    wanted === ''
      ? ''
      : suggestName(
          wanted,
          taken.map((one) => one.name),
        ),
  );
  const [host, setHost] = useState('');
  const [usage, setUsage] = useState<Usage>('general');
  const [permission, setPermission] = useState<MountMode>('rw');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  const problem =
    name === ''
      ? null
      : nameProblem(
          name,
          taken.map((one) => one.name),
        );
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (name === '' || problem !== null || busy) return;
    setBusy(true);
    try {
      // An upload has to get in before the vfolder becomes read-only for Stowage itself.
      await client.vfolders.create({ name, usage, permission: upload ? 'rw' : permission, note, ...(host && { host }) });
      if (!useSettings.getState().settings.welcomed) void updateSettings({ welcomed: true }).catch(() => {});
      navigate(folder(name, ''));
      onClose();
      if (upload) await startUpload(contentsOf(upload), name, '');
    } catch (failure) {
      setError(fromContract(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={(event) => void submit(event)}>
          <DialogBody>
            <DialogTitle>New vfolder</DialogTitle>
            <DialogContent className={styles.fields}>
              {upload && (
                <div>
                  For{' '}
                  <strong>
                    {upload.names.length === 1
                      ? `“${visible(upload.names[0] ?? '')}”`
                      : plural(upload.names.length, 'dropped item')}
                  </strong>
                  , which is uploaded into it.
                </div>
              )}
              <NameField
                label="Name"
                required
                autoFocus
                value={name}
                problem={problem}
                hint={
                  isAutomountName(name)
                    ? 'Names that begin with “.” are mounted into every job.'
                    : 'Letters, digits, “.”, “_” and “-”; up to 64.'
                }
                onChange={setName}
              />
              <div className={styles.two}>
                <HostField value={host} onChange={setHost} />
                <UsageField value={usage} onChange={setUsage} />
              </div>
              {!upload && (
                <Field label="Permission">
                  <RadioGroup
                    layout="horizontal"
                    style={{ marginLeft: -8 }}
                    value={permission}
                    onChange={(_, data) => setPermission(data.value as MountMode)}
                  >
                    <Radio value="rw" label="Read-write" />
                    <Radio value="ro" label="Read-only" />
                  </RadioGroup>
                </Field>
              )}
              <Field label="Note">
                <Textarea value={note} rows={2} maxLength={2000} onChange={(_, data) => setNote(data.value)} />
              </Field>
              {error && <ErrorMessage error={error} />}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={name === '' || problem !== null || busy}>
                {upload ? 'Create and upload' : 'Create'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
