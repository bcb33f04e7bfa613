import { Checkbox, makeStyles, tokens } from '@fluentui/react-components';
import { KeyRegular, WarningRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: '18px minmax(0, 1fr)',
    columnGap: '8px',
    rowGap: '4px',
    alignItems: 'start',
    color: tokens.colorNeutralForeground2,
  },
  icon: { fontSize: '16px', marginTop: '1px' },
  caution: { color: tokens.colorPaletteDarkOrangeForeground1 },
  choice: { gridColumn: '2', marginLeft: '-8px' },
});

type Storage = Awaited<ReturnType<typeof client.hosts.secretStorage>>;

/** How secrets are kept in this shell; null until it is known. */
export function useSecretStorage(): Storage | null {
  const [storage, setStorage] = useState<Storage | null>(null);
  useEffect(() => {
    let current = true;
    client.hosts.secretStorage().then(
      (answer) => current && setStorage(answer),
      (error: unknown) => current && reportError(error, 'Where secrets are kept could not be read.'),
    );
    return () => {
      current = false;
    };
  }, []);
  return storage;
}

/** Where secrets go, in words, with a warning where that is weak. */
export function SecretStorageNote({ storage }: { readonly storage: Storage }) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <KeyRegular className={styles.icon} aria-hidden />
      <span>{visible(storage.message)}</span>
      {storage.warning && (
        <>
          <WarningRegular className={`${styles.icon} ${styles.caution}`} aria-label="Warning" />
          <span>{visible(storage.warning)}</span>
        </>
      )}
    </div>
  );
}

interface SecretKeepingProps {
  readonly session: boolean;
  readonly onSession: (session: boolean) => void;
}

/** Where the secret that is being typed will be kept, and the choice to keep it only until Stowage ends. */
export function SecretKeeping({ session, onSession }: SecretKeepingProps) {
  const styles = useStyles();
  const storage = useSecretStorage();
  if (!storage) return null;
  return (
    <div>
      <SecretStorageNote storage={storage} />
      {storage.place !== 'session' && (
        <Checkbox
          className={styles.choice}
          label="Forget the secret when Stowage ends"
          checked={session}
          onChange={(_, data) => onSession(data.checked === true)}
        />
      )}
    </div>
  );
}
