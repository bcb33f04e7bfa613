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
import type { FormEvent, ReactNode } from 'react';
import type { StowageError } from '#shared/errors.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { CheckList } from './check-list.tsx';
import type { HostTest } from './use-host-test.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '620px' },
  content: { display: 'flex', flexDirection: 'column', gap: '14px', paddingTop: '4px' },
});

export interface HostFormDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly test: HostTest;
  readonly error: StowageError | null;
  /** Tries what is typed; null: there is nothing to try. */
  readonly onTest: (() => void) | null;
  readonly onStopTest: () => void;
  readonly action: string;
  /** Null: something is missing. */
  readonly onSubmit: (() => void) | null;
  readonly onClose: () => void;
}

/** The frame of the dialogs in which a host is described: its fields, what a test found, the buttons. */
export function HostFormDialog(props: HostFormDialogProps) {
  const { title, children, test, error, onTest, onStopTest, action, onSubmit, onClose } = props;
  const styles = useStyles();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={submit} autoComplete="off">
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.content}>
              {children}
              <CheckList test={test} onStop={onStopTest} />
              {error && <ErrorMessage error={error} />}
            </DialogContent>
            <DialogActions position="start">
              <Button disabled={onTest === null || test.busy} onClick={() => onTest?.()}>
                Test
              </Button>
            </DialogActions>
            <DialogActions position="end">
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={onSubmit === null || test.busy}>
                {action}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
