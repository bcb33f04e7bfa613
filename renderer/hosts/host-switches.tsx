import { Checkbox, makeStyles } from '@fluentui/react-components';

const useStyles = makeStyles({ root: { display: 'flex', gap: '16px', margin: '-4px 0 -4px -8px' } });

interface HostSwitchesProps {
  readonly readOnly: boolean;
  readonly isDefault: boolean;
  /** It is the default already: another has to become so first. */
  readonly staysDefault?: boolean;
  readonly onReadOnly: (readOnly: boolean) => void;
  readonly onDefault: (isDefault: boolean) => void;
}

/** Whether Stowage may write to a host, and whether new vfolders are made on it. */
export function HostSwitches({ readOnly, isDefault, staysDefault = false, onReadOnly, onDefault }: HostSwitchesProps) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <Checkbox label="Read-only" checked={readOnly} onChange={(_, data) => onReadOnly(data.checked === true)} />
      <Checkbox
        label="Default for new vfolders"
        checked={isDefault && (staysDefault || !readOnly)}
        disabled={staysDefault || readOnly}
        onChange={(_, data) => onDefault(data.checked === true)}
      />
    </div>
  );
}
