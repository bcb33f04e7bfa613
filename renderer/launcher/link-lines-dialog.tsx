import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { useState } from 'react';
import { visible } from '#shared/paths.ts';
import { plural } from '../ui/format.ts';
import { parseLinkLines } from './link-lines.ts';

const useStyles = makeStyles({
  field: { width: '100%', marginTop: '8px' },
  text: { fontFamily: tokens.fontFamilyMonospace, minHeight: '180px' },
  status: { minHeight: '20px', marginTop: '6px', fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  wrong: { color: tokens.colorPaletteRedForeground1 },
});

interface LinkLinesDialogProps {
  readonly onAdd: (text: string) => void;
  readonly onClose: () => void;
}

/** Several symlinks at once, a line each, as they were copied from a script or a listing. */
export function LinkLinesDialog({ onAdd, onClose }: LinkLinesDialogProps) {
  const styles = useStyles();
  const [text, setText] = useState('');
  const { links, refused } = parseLinkLines(text);
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Add several links</DialogTitle>
          <DialogContent>
            One on each line: <code>target link</code> as <code>ln -s</code> takes them, or <code>link -&gt; target</code>.
            <Textarea
              className={styles.field}
              textarea={{ className: styles.text, spellCheck: false, autoFocus: true }}
              resize="vertical"
              aria-label="Lines of links"
              placeholder={'/data/train /home/work/input/train\n/home/work/input/labels -> /labels'}
              value={text}
              onChange={(_, data) => setText(data.value)}
            />
            <div className={styles.status} role="status">
              {refused.length > 0 ? (
                <span className={styles.wrong}>Not read as a link: “{visible(refused[0] ?? '')}”</span>
              ) : (
                links.length > 0 && plural(links.length, 'link')
              )}
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              appearance="primary"
              disabled={links.length === 0 || refused.length > 0}
              onClick={() => {
                onAdd(text);
                onClose();
              }}
            >
              {links.length > 1 ? `Add ${plural(links.length, 'link')}` : 'Add'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
