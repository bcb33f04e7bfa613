import { lazy, type ReactNode, Suspense } from 'react';
import { SplitPane } from '../ui/split-pane.tsx';
import { usePreviewOpen } from './preview-open.ts';
import type { PreviewPaneProps } from './preview-pane.tsx';

const PreviewPane = lazy(() => import('./preview-pane.tsx').then((m) => ({ default: m.PreviewPane })));

interface PreviewBesideProps extends Omit<PreviewPaneProps, 'onClose'> {
  /** False: closed whatever is remembered, as of a table that is not shown. */
  readonly shown?: boolean;
  /** Gives the focus to the table when the pane closes. */
  readonly onClosed: () => void;
  readonly children: ReactNode;
}

/** A table of files, and beside it, when it is open, the preview of what is selected. */
export function PreviewBeside({ shown = true, onClosed, children, ...pane }: PreviewBesideProps) {
  const [open, setOpen] = usePreviewOpen();
  return (
    <SplitPane name="preview" label="Width of the preview" sized="second" initial={420} min={280} max={960}>
      {children}
      {open && shown ? (
        <Suspense fallback={null}>
          <PreviewPane
            {...pane}
            onClose={() => {
              setOpen(false);
              onClosed();
            }}
          />
        </Suspense>
      ) : null}
    </SplitPane>
  );
}
