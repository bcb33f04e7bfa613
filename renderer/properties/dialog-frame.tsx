import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  mergeClasses,
  Tab,
  TabList,
  tokens,
} from '@fluentui/react-components';
import { type ReactNode, useEffect, useId, useRef } from 'react';

const useStyles = makeStyles({
  surface: { maxWidth: '660px', width: 'calc(100vw - 48px)' },
  title: { overflowWrap: 'anywhere' },
  // Room at the left for what the tabs stand out by, and for focus rings.
  body: { marginLeft: '-12px', paddingLeft: '12px' },
  tabs: { margin: '0 0 10px -9px' },
  // The same height whichever tab is shown, so that nothing jumps.
  tall: { height: 'min(500px, calc(100vh - 260px))' },
  content: {
    overflowY: 'auto',
    scrollbarGutter: 'stable',
    padding: '2px 2px 2px 12px',
    marginLeft: '-12px',
  },
  status: { alignSelf: 'center', color: tokens.colorNeutralForeground2 },
});

export interface FrameTab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  readonly content: ReactNode;
}

interface DialogFrameProps<Id extends string> {
  readonly title: string;
  readonly tabs: readonly FrameTab<Id>[];
  readonly shown: Id;
  readonly onShow: (tab: Id) => void;
  /** At the left of the buttons. */
  readonly status?: ReactNode;
  /** Besides “Close”. */
  readonly actions?: ReactNode;
  readonly onClose: () => void;
}

/** The dialog of properties: its tabs, what the chosen one shows, and the way out. */
export function DialogFrame<Id extends string>({ title, tabs, shown, onShow, status, actions, onClose }: DialogFrameProps<Id>) {
  const styles = useStyles();
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const hasActions = actions !== undefined;
  useEffect(() => {
    // The button that was pressed is gone, and the focus with it.
    if (hasActions || document.activeElement !== document.body) return;
    panel.current?.parentElement?.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus();
  }, [hasActions]);
  const current = tabs.find((tab) => tab.id === shown) ?? tabs[0];
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle className={styles.title}>{title}</DialogTitle>
          <DialogContent className={styles.body}>
            {tabs.length > 1 && (
              <TabList
                className={styles.tabs}
                size="small"
                selectedValue={current?.id}
                onTabSelect={(_, data) => onShow(data.value as Id)}
              >
                {tabs.map((tab) => (
                  <Tab key={tab.id} id={`${id}-${tab.id}`} value={tab.id} aria-controls={`${id}-panel`}>
                    {tab.label}
                  </Tab>
                ))}
              </TabList>
            )}
            <div
              ref={panel}
              id={`${id}-panel`}
              className={mergeClasses(styles.content, tabs.length > 1 && styles.tall)}
              {...(tabs.length > 1 ? { role: 'tabpanel', 'aria-labelledby': `${id}-${current?.id}` } : {})}
            >
              {current?.content}
            </div>
          </DialogContent>
          <DialogActions position="start" className={styles.status}>
            <span role="status">{status}</span>
          </DialogActions>
          <DialogActions position="end">
            {actions}
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
