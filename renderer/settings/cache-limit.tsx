import { Input } from '@fluentui/react-components';
import { useState } from 'react';
import type { CacheStatus } from '#shared/contract/cache.ts';
import { parseBytes, writeDecimalBytes } from '#shared/sizes.ts';
import { loadCache } from '../app/stores/cache.ts';
import { useSettings } from '../app/stores/settings.ts';
import { formatBytes } from '../ui/format.ts';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

/** How much the cache may take; empty leaves it to Stowage. */
export function CacheLimit({ status }: { readonly status: CacheStatus }) {
  const styles = useSettingsStyles();
  const limit = useSettings((state) => state.settings.cacheLimitBytes);
  const written = limit === null ? '' : writeDecimalBytes(limit);
  // Null while nobody types.
  const [text, setText] = useState<string | null>(null);
  const typed = (text ?? written).trim();
  const bytes = typed === '' ? null : parseBytes(typed);
  const wrong = typed !== '' && bytes === null;
  const smaller = text !== null && bytes !== null && bytes < status.usedBytes;
  const commit = (): void => {
    if (text === null || wrong) return;
    setText(null);
    if (bytes === limit) return;
    changeSetting({ cacheLimitBytes: bytes });
    void loadCache();
  };
  const hint = wrong
    ? 'Write a size, such as 20 GB.'
    : smaller
      ? 'What was used longest ago goes first.'
      : 'Beyond it, what was used longest ago goes.';
  return (
    <div className={styles.row}>
      <label className={styles.label} htmlFor="settings-cache-limit">
        Limit
      </label>
      <Input
        id="settings-cache-limit"
        size="small"
        placeholder={limit === null ? `${formatBytes(status.limitBytes)} (default)` : 'Default'}
        aria-invalid={wrong}
        aria-describedby="settings-cache-limit-hint"
        value={text ?? written}
        onChange={(_, data) => setText(data.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(null);
        }}
      />
      <span id="settings-cache-limit-hint" className={styles.text} role={wrong ? 'alert' : undefined}>
        {hint}
      </span>
    </div>
  );
}
