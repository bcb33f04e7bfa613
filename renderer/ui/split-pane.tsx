import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import { isNumber, useRemembered } from './remembered.ts';

const useStyles = makeStyles({
  root: { display: 'flex', minWidth: 0, minHeight: 0, width: '100%', height: '100%', overflow: 'hidden' },
  rows: { flexDirection: 'column' },
  sized: { flexShrink: 0, minWidth: 0, minHeight: 0, overflow: 'hidden', display: 'flex', flexDirection: 'column' },
  rest: { flexGrow: 1, flexBasis: 0, minWidth: 0, minHeight: 0, overflow: 'hidden', display: 'flex', flexDirection: 'column' },
  splitter: {
    flexShrink: 0,
    position: 'relative',
    zIndex: 1,
    touchAction: 'none',
    backgroundColor: tokens.colorNeutralStroke2,
    '::after': { content: '""', position: 'absolute' },
    ':hover': { backgroundColor: tokens.colorNeutralStroke1Hover },
    ':focus-visible': { backgroundColor: tokens.colorBrandStroke1, outline: `1px solid ${tokens.colorBrandStroke1}` },
  },
  vertical: { width: '1px', cursor: 'col-resize', '::after': { inset: '0 -4px' } },
  horizontal: { height: '1px', cursor: 'row-resize', '::after': { inset: '-4px 0' } },
  dragging: { backgroundColor: tokens.colorBrandStroke1 },
});

export interface SplitPaneProps {
  /** Under this name the size is remembered. */
  readonly name: string;
  /** What the splitter does, for assistive technology, e.g. "Width of the folder tree". */
  readonly label: string;
  readonly direction?: 'columns' | 'rows';
  /** Which child has the remembered size; the other takes the rest. */
  readonly sized?: 'first' | 'second';
  /** Pixels. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** The second may be null: then the first has all of the room, and stays as it is when the second comes or goes. */
  readonly children: readonly [ReactNode, ReactNode];
}

/** Two panes with a splitter that mouse and arrow keys move. */
export function SplitPane({ name, label, direction = 'columns', sized = 'first', initial, min, max, children }: SplitPaneProps) {
  const styles = useStyles();
  const [remembered, setRemembered] = useRemembered(`split.${name}`, initial, isNumber);
  const [drag, setDrag] = useState<{ readonly from: number; readonly size: number } | null>(null);
  const columns = direction === 'columns';
  const size = clamp(drag?.size ?? remembered, min, max);
  const sign = sized === 'first' ? 1 : -1;

  const onPointerMove = (event: PointerEvent): void => {
    if (!drag) return;
    const moved = ((columns ? event.clientX : event.clientY) - drag.from) * sign;
    setDrag({ from: columns ? event.clientX : event.clientY, size: clamp(size + moved, min, max) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 64 : 16;
    const [less, more] = columns ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const wanted =
      event.key === less
        ? size - step * sign
        : event.key === more
          ? size + step * sign
          : event.key === 'Home'
            ? min
            : event.key === 'End'
              ? max
              : null;
    if (wanted === null) return;
    event.preventDefault();
    setRemembered(clamp(wanted, min, max));
  };
  const style = columns ? { width: size } : { height: size };
  const firstSized = sized === 'first' && children[1] !== null;
  const first = (
    <div className={firstSized ? styles.sized : styles.rest} style={firstSized ? style : undefined}>
      {children[0]}
    </div>
  );
  const second = (
    <div className={sized === 'second' ? styles.sized : styles.rest} style={sized === 'second' ? style : undefined}>
      {children[1]}
    </div>
  );
  const root = mergeClasses(styles.root, !columns && styles.rows);
  if (children[1] === null) return <div className={root}>{first}</div>;
  return (
    <div className={root}>
      {first}
      {/* biome-ignore lint/a11y/useSemanticElements: a splitter that can be moved is a focusable separator, which <hr> is not */}
      <div
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={columns ? 'vertical' : 'horizontal'}
        aria-valuenow={Math.round(size)}
        aria-valuemin={min}
        aria-valuemax={max}
        className={mergeClasses(styles.splitter, columns ? styles.vertical : styles.horizontal, drag !== null && styles.dragging)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: columns ? event.clientX : event.clientY, size });
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          if (drag) setRemembered(drag.size);
          setDrag(null);
        }}
        onDoubleClick={() => setRemembered(initial)}
        onKeyDown={onKeyDown}
      />
      {second}
    </div>
  );
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));
