import { Button, mergeClasses, Spinner } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useState } from 'react';
import type { Check } from '#shared/contract/app.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { Section } from '../ui/section.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import { useSettingsStyles } from './settings-styles.ts';

/** What works on this machine, and how to mend what does not. */
export function Health() {
  const styles = useSettingsStyles();
  const [result, setResult] = useState<{ checks: readonly Check[]; error: StowageError | null; busy: boolean }>({
    checks: [],
    error: null,
    busy: true,
  });
  const run = useCallback(async (): Promise<void> => {
    setResult((before) => ({ ...before, busy: true }));
    try {
      setResult({ checks: await client.app.doctor(), error: null, busy: false });
    } catch (error) {
      setResult({ checks: [], error: fromContract(error), busy: false });
    }
  }, []);
  useEffect(() => {
    void run();
  }, [run]);
  return (
    <Section
      className={styles.section}
      title="Health"
      aside={
        <Button
          size="small"
          icon={result.busy ? <Spinner size="extra-tiny" aria-hidden /> : <ArrowClockwiseRegular />}
          disabled={result.busy}
          onClick={() => void run()}
        >
          Examine again
        </Button>
      }
    >
      {result.error && <ErrorMessage error={result.error} />}
      {result.checks.length > 0 && (
        <div className={styles.card}>
          {result.checks.map((check) => (
            <div key={check.name} className={mergeClasses(styles.row, styles.top)}>
              <ToneIcon tone={check.state} />
              <div className={styles.words}>
                <div className={styles.name}>{visible(check.name)}</div>
                <div className={styles.text}>{visible(check.message)}</div>
                {check.hint && <div className={styles.hint}>{visible(check.hint)}</div>}
              </div>
            </div>
          ))}
        </div>
      )}
    </Section>
  );
}
