import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { useDeferredValue, useMemo, useState } from 'react';
import { type StowageError, toStowageError } from '#shared/errors.ts';
import { importJob } from '#shared/import/import-job.ts';
import { type Imported, importSourceNames } from '#shared/import/imported.ts';
import { isHostPath } from '#shared/plan/host-path.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { fromSpec } from './draft.ts';
import { replaceDraft } from './draft-store.ts';
import { PasteResult } from './paste-result.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '760px', width: 'calc(100vw - 48px)' },
  content: { display: 'flex', flexDirection: 'column', gap: '12px' },
  text: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, height: '132px', maxHeight: '40vh' },
  hint: { color: tokens.colorNeutralForeground3 },
});

type Reading = { readonly imported: Imported } | { readonly error: StowageError } | null;

/** What a text comes to, read again when a vfolder was linked. Nothing is run or fetched. */
function useReading(text: string, folder: string): Reading {
  const vfolders = useVfolders((state) => state.vfolders);
  return useMemo(() => {
    if (text.trim() === '') return null;
    try {
      return { imported: importJob(text, { vfolders, ...(isHostPath(folder) && { folder: folder.trim() }) }) };
    } catch (error) {
      return { error: toStowageError(error) };
    }
  }, [text, folder, vfolders]);
}

const placeholder = `docker run --rm -v mydata:/data -e EPOCHS=10 python:3.12 python train.py

also: floyd run, backend.ai run, cl run, a job of OpenPAI in JSON or YAML, JSON from Copy as…`;

/** Fills the form with what another system calls a job, and says what of it could not be carried over. */
export function PasteDialog({ onClose }: { readonly onClose: () => void }) {
  const styles = useStyles();
  const [text, setText] = useState('');
  const [folder, setFolder] = useState('');
  const reading = useReading(useDeferredValue(text), useDeferredValue(folder.trim()));
  const imported = reading && 'imported' in reading ? reading.imported : null;
  const fill = (): void => {
    if (!imported) return;
    replaceDraft(fromSpec(imported.spec), `Filled from ${importSourceNames[imported.source]}.`);
    onClose();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Paste a command</DialogTitle>
          <DialogContent className={styles.content}>
            <Textarea
              textarea={{ className: styles.text, spellCheck: false, autoFocus: true, autoComplete: 'off' }}
              resize="vertical"
              aria-label="Command or job"
              placeholder={placeholder}
              value={text}
              onChange={(_, data) => setText(data.value)}
            />
            {(imported?.needsFolder || folder !== '') && (
              <Field
                label="Folder in which you would run it"
                size="small"
                {...(folder.trim() !== '' &&
                  !isHostPath(folder.trim()) && { validationMessage: 'Write the whole path, from / on.' })}
              >
                <Input
                  size="small"
                  input={{ spellCheck: false }}
                  placeholder="/home/you/project"
                  value={folder}
                  onChange={(_, data) => setFolder(data.value)}
                />
              </Field>
            )}
            {imported && <PasteResult imported={imported} />}
            {reading && 'error' in reading && <ErrorMessage error={reading.error} />}
            {!reading && <div className={styles.hint}>It is only read: nothing is run before you say so.</div>}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={!imported} onClick={fill}>
              Fill the form
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
