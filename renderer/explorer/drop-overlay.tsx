import { makeStyles, tokens } from '@fluentui/react-components';
import { ArrowUploadFilled } from '@fluentui/react-icons';

const useStyles = makeStyles({
  overlay: {
    position: 'absolute',
    inset: '4px',
    zIndex: 5,
    pointerEvents: 'none',
    border: `2px solid ${tokens.colorBrandStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    display: 'flex',
    alignItems: 'flex-end',
    justifyContent: 'center',
    paddingBottom: '40px',
    boxSizing: 'border-box',
  },
  label: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    padding: '8px 16px',
    borderRadius: '18px',
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: tokens.shadow16,
  },
});

/** Outlines a drop target and names what a drop would do. */
export function DropOverlay({ label, outlined = true }: { readonly label: string; readonly outlined?: boolean }) {
  const styles = useStyles();
  return (
    <div className={styles.overlay} style={outlined ? undefined : { borderColor: 'transparent' }} role="status">
      <span className={styles.label}>
        <ArrowUploadFilled aria-hidden fontSize={18} />
        {label}
      </span>
    </div>
  );
}
