import { Input } from '@fluentui/react-components';
import { useState } from 'react';
import { parseBytes, writeDecimalBytes } from '#shared/sizes.ts';
import { useSettings } from '../app/stores/settings.ts';
import { Section } from '../ui/section.tsx';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

/** The least that the core takes, in bytes per second. */
const least = 1024;

/** How fast transfers may be. */
export function TransferSettings() {
  const styles = useSettingsStyles();
  const limit = useSettings((state) => state.settings.bandwidthLimit);
  const written = limit === null ? '' : writeDecimalBytes(limit);
  // Null while nobody types.
  const [text, setText] = useState<string | null>(null);
  const typed = (text ?? written).trim().replace(/\/s$/i, '');
  const bytes = typed === '' ? null : parseBytes(typed);
  const wrong = typed !== '' && (bytes === null || bytes < least);
  const commit = (): void => {
    if (text === null || wrong) return;
    setText(null);
    if (bytes !== limit) changeSetting({ bandwidthLimit: bytes });
  };
  return (
    <Section className={styles.section} title="Transfers">
      <div className={styles.card}>
        <div className={styles.row}>
          <label className={styles.label} htmlFor="settings-bandwidth">
            Speed limit
          </label>
          <Input
            id="settings-bandwidth"
            size="small"
            placeholder="No limit"
            aria-invalid={wrong}
            aria-describedby="settings-bandwidth-hint"
            value={text ?? written}
            contentAfter="per second"
            onChange={(_, data) => setText(data.value)}
            onBlur={commit}
            onKeyDown={(event) => {
              if (event.key === 'Enter') commit();
              if (event.key === 'Escape') setText(null);
            }}
          />
          <span id="settings-bandwidth-hint" className={styles.text} role={wrong ? 'alert' : undefined}>
            {wrong ? 'Write a size, such as 10 MB.' : 'Of all transfers over the network together, such as 10 MB.'}
          </span>
        </div>
      </div>
    </Section>
  );
}
