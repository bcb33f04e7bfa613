import { makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import type { PlannedMount } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { approachIcons } from './approach-icon.ts';
import { approachWord } from './plan-words.ts';

const useBadgeStyles = makeStyles({
  root: {
    flexShrink: 0,
    padding: '0 5px',
    borderRadius: tokens.borderRadiusSmall,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground2,
    fontSize: '11px',
    lineHeight: '16px',
    whiteSpace: 'nowrap',
  },
  approach: { display: 'inline-flex', alignItems: 'center', gap: '4px' },
  icon: { fontSize: '12px' },
  writable: { border: `1px solid ${tokens.colorBrandStroke1}`, color: tokens.colorBrandForeground1 },
});

/** `ro` or `rw`. */
export function ModeBadge({ mode }: { readonly mode: PlannedMount['mode'] }) {
  const styles = useBadgeStyles();
  return (
    <span
      className={mergeClasses(styles.root, mode === 'rw' && styles.writable)}
      title={mode === 'rw' ? 'The job may change it' : 'The job can only read it'}
    >
      {mode}
    </span>
  );
}

/** How a mount reaches the container: shared, copied, baked. */
export function ApproachBadge({ mount }: { readonly mount: Pick<PlannedMount, 'approach' | 'reason'> }) {
  const styles = useBadgeStyles();
  const Icon = approachIcons[mount.approach];
  return (
    <Tooltip content={visible(mount.reason)} relationship="description">
      <span className={mergeClasses(styles.root, styles.approach)}>
        <Icon className={styles.icon} aria-hidden />
        {approachWord(mount.approach)}
      </span>
    </Tooltip>
  );
}
