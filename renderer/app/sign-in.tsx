import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import { keyFrom, signIn, useConnection } from './connection.ts';
import { Logo } from './logo.tsx';

const useStyles = makeStyles({
  page: {
    height: '100%',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    padding: '24px',
    boxSizing: 'border-box',
  },
  card: {
    width: '380px',
    padding: '28px',
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    boxShadow: tokens.shadow8,
    display: 'flex',
    flexDirection: 'column',
    gap: '14px',
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold, lineHeight: '24px' },
  text: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** Shown in the browser host while the page has no session. */
export function SignIn() {
  const styles = useStyles();
  const reason = useConnection((state) => state.reason);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (text.trim() === '') return;
    setBusy(true);
    await signIn(keyFrom(text));
    setBusy(false);
  };
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={(event) => void submit(event)}>
        <Logo size={40} />
        <h1 className={styles.title}>Sign in to Stowage</h1>
        <p className={styles.text}>
          When Stowage started it named a file, <code>run/open.html</code> in its data directory, that only you can read. Open
          that file to sign in, or paste the key from <code>run/key</code> beside it.
        </p>
        <Field label="Key" {...(reason && { validationState: 'error' as const, validationMessage: reason })}>
          <Input value={text} onChange={(_, data) => setText(data.value)} autoComplete="off" spellCheck={false} autoFocus />
        </Field>
        <Button type="submit" appearance="primary" disabled={busy || text.trim() === ''}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}
