import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useEffect } from 'react';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { goFiles } from '../app/navigation.ts';
import { folder } from '../explorer/location.ts';
import { navigate } from '../explorer/tabs.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { showToast } from '../ui/toasts.tsx';
import { dropDraft, saveDraft, useDraft } from './drafts.ts';
import { openPreviewPane } from './preview-open.ts';

/** Asks what becomes of a changed text whose editor was left; also keeps the window from closing over one. */
export function UnsavedText() {
  const { draft, left, saving } = useDraft();
  const changed = draft?.changed ?? false;
  useEffect(() => {
    if (!changed) return;
    const onBeforeUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', onBeforeUnload);
    return () => window.removeEventListener('beforeunload', onBeforeUnload);
  }, [changed]);
  if (!draft || !left) return null;
  const name = visible(baseName(draft.path));
  const goBack = (): void => {
    useDraft.setState({ left: false });
    openPreviewPane();
    goFiles();
    navigate(folder(draft.vfolder, parentPath(parseInnerPath(draft.path))), baseName(draft.path));
  };
  const save = async (): Promise<void> => {
    if (await saveDraft()) showToast({ intent: 'success', title: `Saved “${name}”` });
  };
  return (
    <Dialog open modalType="alert">
      <DialogSurface style={{ maxWidth: 460 }}>
        <DialogBody>
          <DialogTitle>Save the changes to “{name}”?</DialogTitle>
          <DialogContent>
            {draft.problem ? <ErrorMessage error={draft.problem} /> : 'Without saving, what you changed is lost.'}
          </DialogContent>
          <DialogActions>
            <Button onClick={dropDraft}>Discard</Button>
            <Button onClick={goBack}>Keep editing</Button>
            <Button appearance="primary" disabled={saving} onClick={() => void save()}>
              Save
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
