import { Button, Field, Input, makeStyles, Radio, RadioGroup, Textarea, tokens } from '@fluentui/react-components';
import { CopyRegular, WarningRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import type { SharePermission, Sharing } from '#shared/contract/properties.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatExactTime } from '../ui/format.ts';
import { copyText } from './copy-text.ts';
import { type Expiry, expiresAt, expiryProblem, expiryWords, fieldTime } from './share-expiry.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '10px', alignItems: 'flex-start' },
  radios: { marginLeft: '-8px' },
  made: {
    display: 'flex',
    flexDirection: 'column',
    gap: '8px',
    alignSelf: 'stretch',
    padding: '10px 12px',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  url: { '& textarea': { height: '76px', wordBreak: 'break-all', fontFamily: tokens.fontFamilyMonospace, fontSize: '12px' } },
  warning: { display: 'flex', gap: '8px' },
  warningIcon: { flexShrink: 0, fontSize: '16px', marginTop: '1px', color: tokens.colorPaletteDarkOrangeForeground1 },
  note: { color: tokens.colorNeutralForeground3 },
});

const permissionWords: Readonly<Record<SharePermission, string>> = {
  r: 'Read',
  w: 'Write',
  rw: 'Read and write',
  rwd: 'Read, write and delete',
};

interface Made {
  readonly url: string;
  readonly expiresAt: number;
  readonly permission: SharePermission;
}

interface ShareFormProps {
  readonly vfolder: string;
  readonly path: string;
  readonly offer: Sharing;
}

/** Makes a URL for a file. It is shown here only, until the form changes or the dialog is closed. */
export function ShareForm({ vfolder, path, offer }: ShareFormProps) {
  const styles = useStyles();
  const [permission, setPermission] = useState<SharePermission>(offer.permissions[0] ?? 'r');
  const [expiry, setExpiry] = useState<Expiry>('1d');
  const [custom, setCustom] = useState(() => fieldTime(Date.now() + 3 * 86_400_000));
  const [made, setMade] = useState<Made | null>(null);
  const [error, setError] = useState<StowageError | null>(null);
  const [busy, setBusy] = useState(false);
  const result = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!made) return;
    result.current?.querySelector('textarea')?.focus();
    result.current?.scrollIntoView({ block: 'end' });
  }, [made]);
  const now = Date.now();
  const until = expiresAt(expiry, custom, now);
  const problem = expiry === 'custom' ? expiryProblem(until, offer.longestMs, now) : null;
  const changed = (change: () => void): void => {
    setMade(null);
    setError(null);
    change();
  };
  const create = async (): Promise<void> => {
    const time = expiresAt(expiry, custom, Date.now());
    if (time === null || problem) return;
    setBusy(true);
    setError(null);
    try {
      const { url } = await client.files.shareUrl({ vfolder, path, expiresAt: time, permission });
      setMade({ url, expiresAt: time, permission });
    } catch (failure) {
      setError(fromContract(failure));
    }
    setBusy(false);
  };
  return (
    <div className={styles.root}>
      <Field label="Whoever has the URL may">
        <RadioGroup
          className={styles.radios}
          layout="horizontal"
          value={permission}
          onChange={(_, data) => changed(() => setPermission(data.value as SharePermission))}
        >
          {offer.permissions.map((one) => (
            <Radio key={one} value={one} label={permissionWords[one]} />
          ))}
        </RadioGroup>
      </Field>
      <Field label="Good for">
        <RadioGroup
          className={styles.radios}
          layout="horizontal"
          value={expiry}
          onChange={(_, data) => changed(() => setExpiry(data.value as Expiry))}
        >
          {(Object.keys(expiryWords) as Expiry[]).map((one) => (
            <Radio key={one} value={one} label={expiryWords[one]} />
          ))}
        </RadioGroup>
      </Field>
      {expiry === 'custom' && (
        <Field label="Until" {...(problem && { validationState: 'error', validationMessage: problem })}>
          <Input type="datetime-local" value={custom} onChange={(_, data) => changed(() => setCustom(data.value))} />
        </Field>
      )}
      <Button appearance={made ? 'secondary' : 'primary'} disabled={busy || problem !== null} onClick={() => void create()}>
        {busy ? 'Creating…' : 'Create URL'}
      </Button>
      {error && <ErrorMessage error={error} />}
      {made && (
        <div className={styles.made} ref={result}>
          <Textarea
            className={styles.url}
            readOnly
            aria-label="Shared URL"
            value={made.url}
            onFocus={(event) => event.target.select()}
          />
          <div className={styles.warning}>
            <WarningRegular className={styles.warningIcon} aria-hidden />
            <div>
              Whoever has this URL can {permissionWords[made.permission].toLowerCase()} the file until{' '}
              {formatExactTime(made.expiresAt)}. It is shown only here, is kept nowhere, and cannot be taken back.
              {offer.note && ` ${offer.note}`}
            </div>
          </div>
          <div>
            <Button appearance="primary" icon={<CopyRegular />} onClick={() => void copyText(made.url, 'URL')}>
              Copy URL
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}
