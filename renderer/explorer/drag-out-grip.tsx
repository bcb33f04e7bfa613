import { makeStyles, tokens } from '@fluentui/react-components';
import { ReOrderDotsVerticalRegular } from '@fluentui/react-icons';
import { desktop } from '../app/client.ts';
import { type Dragged, dragOut } from './drag-out.ts';

const useStyles = makeStyles({
  grip: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: '4px',
    height: '20px',
    padding: '0 6px',
    borderRadius: '4px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    cursor: 'grab',
    userSelect: 'none',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1 },
  },
});

interface DragOutGripProps {
  /** Read when the drag begins. */
  readonly what: () => Dragged;
}

/** Desktop: what is dragged by this leaves the window as files. By keyboard there is Download. */
export function DragOutGrip({ what }: DragOutGripProps) {
  const styles = useStyles();
  if (!desktop) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a drag is of the mouse; by keyboard there is Download
    <span
      className={styles.grip}
      draggable
      data-testid="drag-out"
      title="Drag this to other programs (or drag the rows with Alt held)"
      onDragStart={(event) => dragOut(event, what())}
    >
      <ReOrderDotsVerticalRegular aria-hidden />
      Drag out
    </span>
  );
}
