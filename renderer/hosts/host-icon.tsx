import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { BeakerRegular, CloudDatabaseRegular, CubeMultipleRegular, HardDriveRegular } from '@fluentui/react-icons';
import type { HostKind } from '#shared/contract/hosts.ts';

const useStyles = makeStyles({ icon: { flexShrink: 0, fontSize: '18px', color: tokens.colorNeutralForeground3 } });

const icons: Record<HostKind, typeof HardDriveRegular> = {
  local: HardDriveRegular,
  'azure-blob': CloudDatabaseRegular,
  s3: CubeMultipleRegular,
  memory: BeakerRegular,
};

/** A storage host's icon says of which kind it is. */
export function HostIcon({ kind, className }: { readonly kind: HostKind; readonly className?: string }) {
  const styles = useStyles();
  const Icon = icons[kind];
  return <Icon aria-hidden className={mergeClasses(styles.icon, className)} />;
}
