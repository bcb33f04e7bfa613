import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    height: '100%',
    minHeight: '180px',
    padding: '24px',
    textAlign: 'center',
    boxSizing: 'border-box',
  },
  icon: { fontSize: '40px', lineHeight: 1, color: tokens.colorBrandForeground1, marginBottom: '12px' },
  title: { fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, margin: 0 },
  text: { color: tokens.colorNeutralForeground2, maxWidth: '420px', marginTop: '4px' },
  actions: { display: 'flex', flexWrap: 'wrap', justifyContent: 'center', gap: '8px', marginTop: '16px' },
});

export interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** What this place is for. */
  readonly children?: ReactNode;
  /** The next steps. */
  readonly actions?: ReactNode;
  readonly className?: string;
}

/** A place with nothing in it yet: what it is for and what to do next. */
export function EmptyState({ icon, title, children, actions, className }: EmptyStateProps) {
  const styles = useStyles();
  return (
    <div className={mergeClasses(styles.root, className)}>
      {icon && (
        <div className={styles.icon} aria-hidden>
          {icon}
        </div>
      )}
      <h2 className={styles.title}>{title}</h2>
      {children && <div className={styles.text}>{children}</div>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
