import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';

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
  broken: {
    color: tokens.colorPaletteRedForeground1,
    backgroundColor: tokens.colorPaletteRedBackground1,
    boxShadow: `inset 0 0 0 1px ${tokens.colorPaletteRedBorder1}`,
  },
});

/** Says of a link that it is one, or that what it points to cannot be used; nothing of other vfolders. */
export function LinkBadge({ vfolder }: { readonly vfolder: Pick<Vfolder, 'kind' | 'broken' | 'place'> }) {
  const styles = useStyles();
  if (vfolder.broken !== null)
    return (
      <span className={mergeClasses(styles.badge, styles.broken)} title={visible(vfolder.broken)}>
        broken
      </span>
    );
  if (vfolder.kind !== 'linked') return null;
  return (
    <span className={styles.badge} title={`Linked, it stays in ${visible(vfolder.place)}`}>
      linked
    </span>
  );
}
