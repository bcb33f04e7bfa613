import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { NameField } from '../ui/name-field.tsx';
import { showToast, showUndo } from '../ui/toasts.tsx';
import { HostField } from './host-field.tsx';
import { folder } from './location.ts';
import { followRename, navigate } from './tabs.ts';
import { nameProblem, suggestName } from './vfolder-name.ts';

interface VfolderNameDialogProps {
  readonly kind: 'rename-vfolder' | 'clone-vfolder';
  readonly vfolder: Vfolder;
  readonly onClose: () => void;
}

async function rename(from: string, to: string): Promise<void> {
  await client.vfolders.rename({ name: from, to });
  followRename(from, to);
}

const useStyles = makeStyles({ fields: { display: 'flex', flexDirection: 'column', gap: '12px', paddingTop: '4px' } });

/** Asks for the new name of a vfolder, or for that of its copy. */
export function VfolderNameDialog({ kind, vfolder, onClose }: VfolderNameDialogProps) {
  const styles = useStyles();
  const others = useVfolders((state) => state.vfolders).map((one) => one.name);
  const clones = kind === 'clone-vfolder';
  const [name, setName] = useState(() => (clones ? suggestName(`${vfolder.name}-copy`, others) : vfolder.name));
  const [host, setHost] = useState(vfolder.host.id);
  const [error, setError] = useState<StowageError | null>(null);
  const taken = clones ? others : others.filter((one) => one !== vfolder.name);
  const problem = name === '' ? null : nameProblem(name, taken);
  const unchanged = !clones && name === vfolder.name;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (name === '' || problem !== null || unchanged) return;
    try {
      if (clones) {
        await client.vfolders.clone({ name: vfolder.name, to: name, ...(host && { host }) });
        showToast({
          intent: 'info',
          title: `Cloning to “${name}”`,
          action: { label: 'Open', run: () => navigate(folder(name, '')) },
        });
      } else {
        await rename(vfolder.name, name);
        showUndo(`Renamed “${vfolder.name}” to “${name}”`, () => rename(name, vfolder.name));
      }
      onClose();
    } catch (failure) {
      setError(fromContract(failure));
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface style={{ maxWidth: 420 }}>
        <form onSubmit={(event) => void submit(event)}>
          <DialogBody>
            <DialogTitle>{clones ? `Clone “${vfolder.name}”` : `Rename “${vfolder.name}”`}</DialogTitle>
            <DialogContent className={styles.fields}>
              <NameField label="New name" value={name} problem={problem} autoFocus onChange={setName} />
              {clones && <HostField value={host} onChange={setHost} />}
              {error && <ErrorMessage error={error} />}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={name === '' || problem !== null || unchanged}>
                {clones ? 'Clone' : 'Rename'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
