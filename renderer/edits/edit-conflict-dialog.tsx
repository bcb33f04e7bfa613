import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Radio,
  RadioGroup,
} from '@fluentui/react-components';
import { useState } from 'react';
import type { Edit } from '#shared/contract/edits.ts';
import { nameOf, placeOf, resolveEdit } from './edit-acts.ts';

type How = 'keep-both' | 'overwrite' | 'theirs';

const choices: ReadonlyArray<readonly [How, string]> = [
  ['keep-both', 'Keep both: put mine beside it under another name'],
  ['overwrite', 'Overwrite it with mine'],
  ['theirs', 'Discard mine and take what is there'],
];

interface EditConflictDialogProps {
  readonly edit: Edit;
  /** Not now: the change is kept on this machine, and asked about again from the status bar. */
  readonly onLater: () => void;
}

/** A file was saved here, and somebody else has changed it since it was opened. */
export function EditConflictDialog({ edit, onLater }: EditConflictDialogProps) {
  const [how, setHow] = useState<How>('keep-both');
  const [busy, setBusy] = useState(false);
  const go = (): void => {
    setBusy(true);
    void resolveEdit(edit, how).finally(() => setBusy(false));
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && onLater()}>
      <DialogSurface style={{ maxWidth: 480 }}>
        <DialogBody>
          <DialogTitle>{`“${nameOf(edit)}” was changed by somebody else`}</DialogTitle>
          <DialogContent>
            <p style={{ marginTop: 0 }}>
              {placeOf(edit)} is not any more what you opened. Your change is safe on this machine; what is to become of it?
            </p>
            <RadioGroup
              aria-label="What to do with your change"
              value={how}
              onChange={(_, data) => setHow(choices.find(([one]) => one === data.value)?.[0] ?? 'keep-both')}
            >
              {choices.map(([value, label]) => (
                <Radio key={value} value={value} label={label} />
              ))}
            </RadioGroup>
          </DialogContent>
          <DialogActions>
            <Button onClick={onLater} disabled={busy}>
              Decide later
            </Button>
            <Button appearance="primary" onClick={go} disabled={busy}>
              Go on
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
