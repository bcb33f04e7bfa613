import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { BroomRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { CacheStatus } from '#shared/contract/cache.ts';
import { visible } from '#shared/paths.ts';
import { loadCache, useCache } from '../app/stores/cache.ts';
import { freeCopies } from '../cache/acts.ts';
import { useLoads } from '../cache/loads.ts';
import { percent } from '../planner/cost-words.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { Section } from '../ui/section.tsx';
import { CacheLimit } from './cache-limit.tsx';
import { CacheLoads, LoadAhead } from './cache-loads.tsx';
import { CacheTable } from './cache-table.tsx';
import { useSettingsStyles } from './settings-styles.ts';

const useStyles = makeStyles({
  root: { scrollMarginTop: '14px' },
  use: { flexGrow: 1, minWidth: 0 },
  figures: { display: 'flex', gap: '16px', marginBottom: '5px', fontVariantNumeric: 'tabular-nums' },
  free: { marginLeft: 'auto', color: tokens.colorNeutralForeground2 },
  none: { padding: '14px', color: tokens.colorNeutralForeground2, borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  place: { marginTop: '5px', fontSize: tokens.fontSizeBase200 },
});

function Use({ status }: { readonly status: CacheStatus }) {
  const settings = useSettingsStyles();
  const styles = useStyles();
  const { usedBytes, limitBytes, diskFreeBytes, directory } = status;
  const share = limitBytes > 0 ? usedBytes / limitBytes : 0;
  const label = `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} used${usedBytes < limitBytes / 100 ? '' : ` (${percent(usedBytes, limitBytes)} %)`}`;
  return (
    <div className={mergeClasses(settings.row, settings.top)}>
      <span className={settings.label}>Used</span>
      <div className={styles.use}>
        <div className={styles.figures}>
          <span>{label}</span>
          {diskFreeBytes !== null && <span className={styles.free}>{formatBytes(diskFreeBytes)} free on its disk</span>}
        </div>
        <ProgressBar label="Use of the cache" value={share} tone={share > 0.98 ? 'paused' : 'normal'} />
        <div className={mergeClasses(settings.text, styles.place)} title="Where the copies are">
          {visible(directory)}
        </div>
      </div>
    </div>
  );
}

/** Copies of remote files on this machine: how much there may be, of what they are, and their end. */
export function Cache() {
  const settings = useSettingsStyles();
  const styles = useStyles();
  const { status, problem } = useCache();
  const loads = useLoads((state) => state.loads);
  const [asking, setAsking] = useState(false);
  const empty = status !== null && status.vfolders.length === 0;
  return (
    <div id="settings-cache" className={styles.root}>
      <Section
        className={settings.section}
        title="Cache"
        aside={
          <Button size="small" icon={<BroomRegular />} disabled={!status || empty} onClick={() => setAsking(true)}>
            Free all…
          </Button>
        }
      >
        {problem && (
          <ErrorMessage
            error={problem}
            actions={
              <Button size="small" onClick={() => void loadCache()}>
                Try again
              </Button>
            }
          />
        )}
        {status && (
          <div className={settings.card}>
            <Use status={status} />
            <CacheLimit status={status} />
            {loads.length > 0 && <CacheLoads loads={loads} />}
            {empty ? (
              <div className={styles.none}>
                Nothing is cached. Jobs that copy a remote folder leave its files here, so that the next one need not wait for
                them; you can also load a folder ahead.
              </div>
            ) : (
              <CacheTable vfolders={status.vfolders} />
            )}
            <LoadAhead />
          </div>
        )}
      </Section>
      {asking && status && (
        <ConfirmDialog
          title="Free all cached copies?"
          action="Free all"
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            void freeCopies(null);
          }}
        >
          Only the copies on this machine go, up to {formatBytes(status.usedBytes)}; the files at their hosts stay as they are.
          What is pinned or used by a job stays too. The next job that needs the rest has to copy it again.
        </ConfirmDialog>
      )}
    </div>
  );
}
