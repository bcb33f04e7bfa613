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
import { formatAddress } from '#shared/address.ts';
import type { MountMode } from '#shared/contract/base.ts';
import type { Usage } from '#shared/contract/vfolders.ts';
import type { StowageError } from '#shared/errors.ts';
import { isAutomountName } from '#shared/names.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { contentsOf } from '../transfers/dropped.ts';
import { startTransfer, startUpload } from '../transfers/start.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { plural } from '../ui/format.ts';
import { NameField } from '../ui/name-field.tsx';
import type { VfolderContents } from './dialog-state.ts';
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

async function fill(name: string, contents: VfolderContents): Promise<void> {
  if (contents.kind === 'upload') return startUpload(contentsOf(contents.upload), name, '');
  const { vfolder, path } = contents;
  // With `/` at the end it gives what it holds, not itself.
  await startTransfer({
    sources: [{ kind: 'vfolder', vfolder, path: `${path}/` }],
    destination: { kind: 'vfolder', vfolder: name, path: '' },
  });
}

function contentsWords(contents: VfolderContents): string {
  if (contents.kind === 'copy') return visible(formatAddress(contents.vfolder, contents.path));
  const { names } = contents.upload;
  return names.length === 1 ? `“${visible(names[0] ?? '')}”` : plural(names.length, 'dropped item');
}

interface CreateVfolderDialogProps {
  readonly name: string;
  readonly usage: Usage;
  readonly contents: VfolderContents | null;
  readonly onClose: () => void;
}

/** A new vfolder, with what goes into it where that was named. */
export function CreateVfolderDialog({ name: wanted, usage: wantedUsage, contents, onClose }: CreateVfolderDialogProps) {
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
  const [usage, setUsage] = useState(wantedUsage);
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
      // The contents have to get in before the vfolder becomes read-only for Stowage itself.
      await client.vfolders.create({ name, usage, permission: contents ? 'rw' : permission, note, ...(host && { host }) });
      if (!useSettings.getState().settings.welcomed) void updateSettings({ welcomed: true }).catch(() => {});
      navigate(folder(name, ''));
      onClose();
      if (contents) await fill(name, contents);
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
              {contents && (
                <div>
                  For <strong>{contentsWords(contents)}</strong>, {contents.kind === 'upload' ? 'uploaded' : 'copied'} into it.
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
              {!contents && (
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
                {contents ? `Create and ${contents.kind}` : 'Create'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
