import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Radio,
  RadioGroup,
} from '@fluentui/react-components';
import { FolderOpenRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';
import { formatAddress, parseAddress } from '#shared/address.ts';
import type { Endpoint } from '#shared/contract/transfers.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, desktop, fromContract } from '../app/client.ts';
import { putTransfer } from '../app/stores/transfers.ts';
import { openReview } from '../transfers/review-state.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { reportError } from '../ui/toasts.tsx';
import { AddressField } from './address-field.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '520px' },
  fields: { display: 'flex', flexDirection: 'column', gap: '12px', paddingTop: '4px' },
  stacked: { marginLeft: '-8px' },
  boxes: { display: 'flex', flexDirection: 'column', marginLeft: '-8px' },
});

interface SyncDialogProps {
  readonly vfolder: string;
  readonly path: string;
  readonly onClose: () => void;
}

interface Draft {
  /** Which way the files go, seen from the folder that is shown. */
  readonly direction: 'out' | 'in';
  readonly other: Endpoint['kind'];
  readonly address: string;
  readonly local: string;
  readonly deletes: boolean;
  readonly checksum: boolean;
}

const start: Draft = { direction: 'out', other: 'vfolder', address: '', local: '', deletes: false, checksum: false };

/** The other side. @throws StowageError `bad-request`, `path-refused` for an address that is none */
function otherSide({ other, address, local }: Draft): Endpoint {
  if (other === 'local') return { kind: 'local', path: local.trim() };
  const parsed = parseAddress(address.trim());
  return { kind: 'vfolder', vfolder: parsed.vfolder, path: parsed.path };
}

/** Makes a folder and another place alike, after what would change was looked at. */
export function SyncDialog({ vfolder, path, onClose }: SyncDialogProps) {
  const styles = useStyles();
  const [draft, setDraft] = useState(start);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  const here = visible(formatAddress(vfolder, path));
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const given = (draft.other === 'local' ? draft.local : draft.address).trim() !== '';
  const receiver = draft.direction === 'out' ? 'the other place' : here;
  const plan = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!given || busy) return;
    setBusy(true);
    setError(null);
    try {
      const there = otherSide(draft);
      const own: Endpoint = { kind: 'vfolder', vfolder, path };
      const [source, destination] = draft.direction === 'out' ? [own, there] : [there, own];
      const transfer = await client.transfers.sync({
        source,
        destination,
        delete: draft.deletes,
        checksum: draft.checksum,
      });
      putTransfer(transfer);
      onClose();
      openReview(transfer.id);
    } catch (failure) {
      setError(fromContract(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={(event) => void plan(event)}>
          <DialogBody>
            <DialogTitle>Sync “{here}”</DialogTitle>
            <DialogContent className={styles.fields}>
              <Field label="Direction">
                <RadioGroup
                  className={styles.stacked}
                  value={draft.direction}
                  onChange={(_, data) => set({ direction: data.value === 'in' ? 'in' : 'out' })}
                >
                  <Radio value="out" label="From here to the other place" />
                  <Radio value="in" label="From the other place to here" />
                </RadioGroup>
              </Field>
              <OtherSide draft={draft} onChange={set} />
              <div className={styles.boxes}>
                <Checkbox
                  label={`Delete in ${receiver} what ${draft.direction === 'out' ? 'is not here' : 'the other place does not have'}`}
                  checked={draft.deletes}
                  onChange={(_, data) => set({ deletes: data.checked === true })}
                />
                <Checkbox
                  label="Compare contents, not sizes and times alone (slower)"
                  checked={draft.checksum}
                  onChange={(_, data) => set({ checksum: data.checked === true })}
                />
              </div>
              <div>Nothing changes before you have seen the plan and approved it.</div>
              {error && <ErrorMessage error={error} />}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={!given || busy}>
                {busy ? 'Planning…' : 'Plan'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

function OtherSide({ draft, onChange }: { readonly draft: Draft; readonly onChange: (change: Partial<Draft>) => void }) {
  const styles = useStyles();
  const choose = (): void => {
    desktop
      ?.chooseFolder({ title: 'Folder to sync with' })
      .then((path) => path !== null && onChange({ local: path }))
      .catch(reportError);
  };
  return (
    <>
      <Field label="The other place">
        <RadioGroup
          layout="horizontal"
          className={styles.stacked}
          value={draft.other}
          onChange={(_, data) => onChange({ other: data.value === 'local' ? 'local' : 'vfolder' })}
        >
          <Radio value="vfolder" label="In a vfolder" />
          <Radio value="local" label="On this machine" />
        </RadioGroup>
      </Field>
      {draft.other === 'vfolder' ? (
        <AddressField
          label="Address of the other place"
          placeholder="name:/path"
          size="medium"
          value={draft.address}
          onChange={(address) => onChange({ address })}
        />
      ) : (
        <Input
          aria-label="Folder of this machine"
          placeholder="/data/mirror"
          spellCheck={false}
          autoComplete="off"
          value={draft.local}
          onChange={(_, data) => onChange({ local: data.value })}
          {...(desktop && {
            contentAfter: (
              <Button size="small" appearance="transparent" icon={<FolderOpenRegular />} onClick={choose}>
                Choose…
              </Button>
            ),
          })}
        />
      )}
    </>
  );
}
