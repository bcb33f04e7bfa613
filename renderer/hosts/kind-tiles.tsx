import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { BeakerRegular, CloudDatabaseRegular, CubeMultipleRegular, HardDriveRegular } from '@fluentui/react-icons';
import type { ComponentType } from 'react';
import { type AttachForm, kindOf } from './attach-form.ts';

const useStyles = makeStyles({
  kinds: { display: 'grid', gridTemplateColumns: 'repeat(4, 1fr)', gap: '8px', border: 'none', margin: 0, padding: 0 },
  kind: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: '2px',
    padding: '10px 12px',
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    font: 'inherit',
    textAlign: 'left',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '1px' },
  },
  chosen: {
    border: `1px solid ${tokens.colorBrandStroke1}`,
    boxShadow: `inset 0 0 0 1px ${tokens.colorBrandStroke1}`,
    backgroundColor: tokens.colorBrandBackground2,
    ':hover': { backgroundColor: tokens.colorBrandBackground2Hover, color: tokens.colorNeutralForeground1 },
  },
  kindIcon: { fontSize: '20px', color: tokens.colorBrandForeground1 },
  kindName: { fontWeight: tokens.fontWeightMedium },
  kindHint: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
});

interface KindTile {
  readonly form: AttachForm;
  readonly label: string;
  readonly hint: string;
  readonly icon: ComponentType<{ className?: string; 'aria-hidden'?: boolean }>;
}

const tiles: readonly KindTile[] = [
  { form: 'local', label: 'Local folder', hint: 'A disk or share', icon: HardDriveRegular },
  { form: 'azure-connection-string', label: 'Azure Blob', hint: 'Cloud account', icon: CloudDatabaseRegular },
  { form: 's3', label: 'S3', hint: 'Any S3 service', icon: CubeMultipleRegular },
  { form: 'azure-emulator', label: 'Azure emulator', hint: 'Azurite, local', icon: BeakerRegular },
];

/** The form that stands for all of its tile. */
export const tileOf = (form: AttachForm): AttachForm =>
  kindOf(form) === 'azure-blob' && form !== 'azure-emulator' ? 'azure-connection-string' : form;

/** What a host may be: each a tile, the Azure emulator one of its own, since it needs no more than a click. */
export function KindTiles({ form, onForm }: { readonly form: AttachForm; readonly onForm: (form: AttachForm) => void }) {
  const styles = useStyles();
  return (
    <fieldset className={styles.kinds} aria-label="Kind of host">
      {tiles.map(({ form: id, label, hint, icon: Icon }) => (
        <button
          key={id}
          type="button"
          aria-pressed={tileOf(form) === id}
          className={mergeClasses(styles.kind, tileOf(form) === id && styles.chosen)}
          onClick={() => onForm(id)}
        >
          <Icon className={styles.kindIcon} aria-hidden />
          <span className={styles.kindName}>{label}</span>
          <span className={styles.kindHint}>{hint}</span>
        </button>
      ))}
    </fieldset>
  );
}
