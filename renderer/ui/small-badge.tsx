import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  badge: {
    flexShrink: 0,
    padding: '0 5px',
    borderRadius: '4px',
    fontSize: '10.5px',
    lineHeight: '16px',
    fontWeight: tokens.fontWeightMedium,
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground5,
  },
  bad: {
    color: tokens.colorPaletteRedForeground1,
    backgroundColor: tokens.colorPaletteRedBackground1,
    boxShadow: `inset 0 0 0 1px ${tokens.colorPaletteRedBorder1}`,
  },
});

interface SmallBadgeProps {
  readonly title?: string;
  readonly bad?: boolean;
  readonly children: ReactNode;
}

/** A word or a number beside a name, in rows that are dense. */
export function SmallBadge({ title, bad = false, children }: SmallBadgeProps) {
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.badge, bad && styles.bad)} title={title}>
      {children}
    </span>
  );
}
