import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ErrorCircleFilled, WarningFilled } from '@fluentui/react-icons';
import type { Fix, PlanConflict } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: '16px 1fr',
    columnGap: '8px',
    padding: '6px 8px',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  error: { borderLeft: `3px solid ${tokens.colorPaletteRedForeground1}` },
  warning: { borderLeft: `3px solid ${tokens.colorPaletteDarkOrangeForeground1}` },
  icon: { fontSize: '16px' },
  errorIcon: { color: tokens.colorPaletteRedForeground1 },
  warningIcon: { color: tokens.colorPaletteDarkOrangeForeground1 },
  message: { overflowWrap: 'anywhere' },
  fixes: { display: 'flex', flexWrap: 'wrap', gap: '6px', marginTop: '5px' },
  lines: { display: 'flex', flexDirection: 'column', gap: '4px', marginTop: '4px' },
});

export interface ConflictLineProps {
  readonly conflict: PlanConflict;
  /** Absent: the plan can no longer be changed. */
  readonly onFix?: ((fix: Fix) => void) | undefined;
}

/** One conflict in words, with the buttons that mend it. */
export function ConflictLine({ conflict, onFix }: ConflictLineProps) {
  const styles = useStyles();
  const isError = conflict.severity === 'error';
  const Icon = isError ? ErrorCircleFilled : WarningFilled;
  return (
    <div className={mergeClasses(styles.root, isError ? styles.error : styles.warning)}>
      <Icon
        className={mergeClasses(styles.icon, isError ? styles.errorIcon : styles.warningIcon)}
        aria-label={isError ? 'Problem' : 'Warning'}
      />
      <div>
        <div className={styles.message}>{visible(conflict.message)}</div>
        {onFix && conflict.fixes.length > 0 && (
          <div className={styles.fixes}>
            {conflict.fixes.map((fix) => (
              <Button key={fix.label} size="small" onClick={() => onFix(fix)}>
                {visible(fix.label)}
              </Button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

/** The conflicts of one row, below it; nothing where there are none. */
export function ConflictLines({
  conflicts,
  onFix,
}: { readonly conflicts: readonly PlanConflict[] } & Pick<ConflictLineProps, 'onFix'>) {
  const styles = useStyles();
  if (conflicts.length === 0) return null;
  return (
    <div className={styles.lines}>
      {conflicts.map((conflict) => (
        <ConflictLine key={`${conflict.code} ${conflict.message}`} conflict={conflict} onFix={onFix} />
      ))}
    </div>
  );
}
