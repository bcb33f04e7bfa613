import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { type ReactNode, useId } from 'react';
import { isBoolean, useRemembered } from '../ui/remembered.ts';
import { Section, type SectionProps } from '../ui/section.tsx';

const useStyles = makeStyles({
  section: { padding: '12px 20px 16px', borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  field: {
    display: 'grid',
    gridTemplateColumns: '104px minmax(0, 1fr)',
    columnGap: '12px',
    alignItems: 'start',
    marginTop: '8px',
  },
  label: { lineHeight: '24px', color: tokens.colorNeutralForeground2 },
  hint: { marginTop: '3px', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3, overflowWrap: 'anywhere' },
  problem: { color: tokens.colorPaletteRedForeground1 },
  fold: { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  foldButton: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    width: '100%',
    minHeight: '40px',
    padding: '0 20px 0 16px',
    border: 'none',
    background: 'none',
    color: tokens.colorNeutralForeground1,
    fontFamily: 'inherit',
    fontSize: tokens.fontSizeBase300,
    textAlign: 'left',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  foldTitle: { fontWeight: tokens.fontWeightSemibold, flexShrink: 0 },
  foldValue: {
    marginLeft: 'auto',
    paddingLeft: '16px',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  foldBody: { padding: '0 20px 14px' },
});

/** A part of the form with its heading. */
export function FormSection(props: Omit<SectionProps, 'className'>) {
  const styles = useStyles();
  return <Section {...props} className={styles.section} />;
}

export interface FieldRowProps {
  readonly label: string;
  /** The control that the label names; absent for groups that name themselves. */
  readonly htmlFor?: string;
  readonly hint?: ReactNode;
  readonly problem?: string | null | undefined;
  readonly children: ReactNode;
}

/** A label on the left, its control on the right, what there is to say about it below. */
export function FieldRow({ label, htmlFor, hint, problem, children }: FieldRowProps) {
  const styles = useStyles();
  return (
    <div className={styles.field}>
      {htmlFor ? (
        <label className={styles.label} htmlFor={htmlFor}>
          {label}
        </label>
      ) : (
        <span className={styles.label}>{label}</span>
      )}
      <div>
        {children}
        {problem && (
          <div role="alert" className={mergeClasses(styles.hint, styles.problem)}>
            {problem}
          </div>
        )}
        {hint && !problem && <div className={styles.hint}>{hint}</div>}
      </div>
    </div>
  );
}

export interface FoldProps {
  readonly title: string;
  /** The current values, seen while it is folded. */
  readonly value: string;
  readonly children: ReactNode;
}

/** An advanced part: folded, with its values in its heading. Remembers whether it is open. */
export function Fold({ title, value, children }: FoldProps) {
  const styles = useStyles();
  const id = useId();
  const [open, setOpen] = useRemembered(`launch.fold.${title}`, false, isBoolean);
  return (
    <div className={styles.fold}>
      <button type="button" className={styles.foldButton} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {open ? <ChevronDownRegular aria-hidden /> : <ChevronRightRegular aria-hidden />}
        <span className={styles.foldTitle}>{title}</span>
        {!open && <span className={styles.foldValue}>{value}</span>}
      </button>
      <div id={id} className={styles.foldBody} hidden={!open}>
        {open && children}
      </div>
    </div>
  );
}
