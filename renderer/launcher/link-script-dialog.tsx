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
import { CopyRegular, SaveRegular } from '@fluentui/react-icons';
import type { LinkRequest } from '#shared/contract/plan.ts';
import { linkScript } from '#shared/plan/link-script.ts';
import { saveBlob } from '../jobs/save-log.ts';
import { copyText } from '../properties/copy-text.ts';
import { ScriptText } from '../ui/script-text.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '720px', width: 'calc(100vw - 48px)' },
  script: { maxHeight: 'min(420px, calc(100vh - 320px))' },
  save: { marginRight: 'auto' },
});

interface LinkScriptDialogProps {
  readonly links: readonly LinkRequest[];
  readonly onClose: () => void;
}

/** The same layout as commands of a shell, to take along. */
export function LinkScriptDialog({ links, onClose }: LinkScriptDialogProps) {
  const styles = useStyles();
  const script = linkScript(links);
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>The links as a script</DialogTitle>
          <DialogContent>
            Stowage makes the links itself, so the image needs no shell. This does the same anywhere else.
            <ScriptText className={styles.script} label="Script" text={script} />
          </DialogContent>
          <DialogActions fluid>
            <Button
              className={styles.save}
              icon={<SaveRegular />}
              onClick={() => saveBlob(new Blob([script], { type: 'text/x-shellscript' }), 'run.sh')}
            >
              Save as run.sh
            </Button>
            <Button icon={<CopyRegular />} onClick={() => void copyText(script, 'Script')}>
              Copy
            </Button>
            <Button appearance="primary" onClick={onClose}>
              Close
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
