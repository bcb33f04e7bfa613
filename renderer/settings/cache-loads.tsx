import { Button, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { CloudArrowDownRegular, DismissRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';
import { type Address, parseAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { loadAhead, type RunningLoad } from '../cache/loads.ts';
import { AddressField } from '../explorer/address-field.tsx';
import { formatBytes, formatCount } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { useSettingsStyles } from './settings-styles.ts';

const useStyles = makeStyles({
  words: { flexGrow: 1, minWidth: 0 },
  figures: { display: 'flex', gap: '12px', marginBottom: '5px' },
  name: { minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  done: {
    marginLeft: 'auto',
    flexShrink: 0,
    color: tokens.colorNeutralForeground2,
    fontVariantNumeric: 'tabular-nums',
  },
  problem: { color: tokens.colorPaletteRedForeground1, flexShrink: 0 },
});

function words({ progress }: RunningLoad): string {
  if (!progress) return 'Looking what is missing…';
  const { doneFiles, totalFiles, doneBytes, totalBytes } = progress;
  return `${formatCount(doneFiles)} of ${formatCount(totalFiles)} files, ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}

/** What is on its way into the cache, each with its cancel. */
export function CacheLoads({ loads }: { readonly loads: readonly RunningLoad[] }) {
  const settings = useSettingsStyles();
  const styles = useStyles();
  return loads.map((load) => {
    const name = visible(load.name);
    const total = load.progress?.totalBytes ?? 0;
    return (
      <div key={load.id} className={settings.row}>
        <Spinner size="extra-tiny" aria-hidden />
        <div className={styles.words}>
          <div className={styles.figures}>
            <span className={styles.name}>Loading {name}</span>
            <span className={styles.done}>{words(load)}</span>
          </div>
          <ProgressBar label={`Loading ${name}`} value={load.progress && total > 0 ? load.progress.doneBytes / total : null} />
        </div>
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={`Cancel loading ${name}`}
          title="Cancel; what has come stays"
          onClick={load.cancel}
        />
      </div>
    );
  });
}

/** Reads an address of a remote vfolder, or says why it is none. */
function readPlace(text: string, remote: ReadonlySet<string>): { address: Address | null; problem: string | null } {
  if (text.trim() === '') return { address: null, problem: null };
  try {
    const address = parseAddress(text.trim());
    if (remote.has(address.vfolder)) return { address, problem: null };
    return { address: null, problem: 'Only what is on a remote host can be cached.' };
  } catch {
    return { address: null, problem: null };
  }
}

/** Any remote folder can be brought here before a job needs it. */
export function LoadAhead() {
  const settings = useSettingsStyles();
  const styles = useStyles();
  const vfolders = useVfolders((state) => state.vfolders);
  const [text, setText] = useState('');
  const known = vfolders.some((vfolder) => text.trim().startsWith(vfolder.name));
  const remote = new Set(vfolders.filter((vfolder) => vfolder.localPath === null).map((vfolder) => vfolder.name));
  const { address, problem } = readPlace(text, remote);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!address) return;
    void loadAhead(address.vfolder, [address.path], true);
    setText('');
  };
  return (
    <form className={settings.row} onSubmit={submit}>
      <span className={settings.label}>Load ahead</span>
      <div className={styles.words}>
        <AddressField label="Folder to load ahead" value={text} placeholder="name:/path" onChange={setText} />
      </div>
      {problem && known && (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      )}
      <Button type="submit" size="small" icon={<CloudArrowDownRegular />} disabled={!address}>
        Load
      </Button>
    </form>
  );
}
