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
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import type { MountMode } from '#shared/contract/base.ts';
import type { Usage, Vfolder } from '#shared/contract/vfolders.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { NameField } from '../ui/name-field.tsx';
import { showToast } from '../ui/toasts.tsx';
import { emptyTarget, LinkTargetFields, readTarget, type TargetDraft, targetName, targetOf } from './link-target-fields.tsx';
import { folder } from './location.ts';
import { navigate } from './tabs.ts';
import { UsageField } from './usage-field.tsx';
import { nameProblem, suggestName } from './vfolder-name.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '480px' },
  fields: { display: 'flex', flexDirection: 'column', gap: '12px', paddingTop: '4px' },
});

interface LinkDialogProps {
  /** The link to point somewhere else; null makes a new one. */
  readonly vfolder: Vfolder | null;
  readonly onClose: () => void;
}

/** Registers a folder that is there already, where it is; or points a link somewhere else. */
export function LinkDialog({ vfolder, onClose }: LinkDialogProps) {
  const styles = useStyles();
  const hosts = useHosts((state) => state.hosts);
  const taken = useVfolders((state) => state.vfolders).map((one) => one.name);
  const [target, setTarget] = useState<TargetDraft>(() => (vfolder ? targetOf(vfolder) : emptyTarget));
  const [named, setNamed] = useState<string | null>(null);
  const [permission, setPermission] = useState<MountMode>('ro');
  const [usage, setUsage] = useState<Usage>('data');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  const own = targetName(target, hosts);
  const name = named ?? (own === '' ? '' : suggestName(own, taken));
  const problem = vfolder || name === '' ? null : nameProblem(name, taken);
  const request = readTarget(target);
  const ready = request !== null && problem === null && (vfolder !== null || name !== '') && !busy;
  const link = async (): Promise<void> => {
    if (!ready) return;
    setBusy(true);
    setError(null);
    try {
      if (vfolder) await client.vfolders.relink({ name: vfolder.name, target: request });
      else await client.vfolders.link({ name, target: request, permission, usage });
      if (!useSettings.getState().settings.welcomed) void updateSettings({ welcomed: true }).catch(() => {});
      onClose();
      if (vfolder) showToast({ intent: 'success', title: `“${vfolder.name}” points to its new place` });
      else navigate(folder(name, ''));
    } catch (failure) {
      setError(fromContract(failure));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void link();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{vfolder ? `Re-point “${vfolder.name}”` : 'Link a folder'}</DialogTitle>
            <DialogContent className={styles.fields}>
              <div>
                {vfolder
                  ? `It pointed to ${visible(vfolder.place)}.`
                  : 'The folder becomes a vfolder and stays where it is: nothing is copied or moved.'}
              </div>
              <LinkTargetFields value={target} onChange={setTarget} />
              {!vfolder && (
                <>
                  <NameField label="Name" required value={name} problem={problem} onChange={setNamed} />
                  <UsageField value={usage} onChange={setUsage} />
                  <Field label="Permission">
                    <RadioGroup
                      layout="horizontal"
                      style={{ marginLeft: -8 }}
                      value={permission}
                      onChange={(_, data) => setPermission(data.value === 'rw' ? 'rw' : 'ro')}
                    >
                      <Radio value="ro" label="Read-only" />
                      <Radio value="rw" label="Read-write" />
                    </RadioGroup>
                  </Field>
                </>
              )}
              {error && (
                <ErrorMessage
                  error={error}
                  actions={
                    error.code === 'path-refused' && request?.kind === 'local' ? (
                      <AllowButton path={request.path} onAllowed={() => void link()} onError={setError} />
                    ) : null
                  }
                />
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={!ready}>
                {vfolder ? 'Re-point' : 'Link'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

interface AllowButtonProps {
  readonly path: string;
  readonly onAllowed: () => void;
  readonly onError: (error: StowageError) => void;
}

/** Adds the folder to those that may be linked, which is the person's to say, and goes on. */
function AllowButton({ path, onAllowed, onError }: AllowButtonProps) {
  const roots = useSettings((state) => state.settings.linkRoots);
  if (roots.includes(path)) return null;
  const allow = (): void => {
    updateSettings({ linkRoots: [...roots, path] }).then(onAllowed, (error: unknown) => onError(fromContract(error)));
  };
  return (
    <Button size="small" onClick={allow}>
      Allow this folder
    </Button>
  );
}
