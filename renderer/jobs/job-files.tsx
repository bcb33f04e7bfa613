import { Button, makeStyles, Select, Spinner, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular, ArrowUpRegular, FolderAddRegular, FolderOpenRegular } from '@fluentui/react-icons';
import { type ReactNode, useEffect, useState } from 'react';
import { formatAddress, parseAddress } from '#shared/address.ts';
import type { Entry } from '#shared/contract/files.ts';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract } from '../app/client.ts';
import { goFiles } from '../app/navigation.ts';
import { download } from '../explorer/actions.ts';
import { openDialog } from '../explorer/dialog-state.ts';
import { EntryIcon } from '../explorer/entry-icon.tsx';
import { suggestName } from '../explorer/vfolder-name.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatExactTime, formatTime, plural } from '../ui/format.ts';
import { hasEnded } from './job-words.ts';

/** More than this is for the Files screen. */
const most = 500;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  bar: { display: 'flex', alignItems: 'center', gap: '8px', padding: '8px 16px 8px 20px', flexShrink: 0 },
  chooser: { maxWidth: '280px', flexShrink: 0 },
  address: { fontFamily: tokens.fontFamilyMonospace, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  actions: { marginLeft: 'auto', display: 'flex', gap: '6px', flexShrink: 0 },
  list: { flexGrow: 1, minHeight: 0, overflow: 'auto', padding: '0 12px 12px' },
  table: { borderCollapse: 'collapse', width: '100%', tableLayout: 'fixed' },
  row: { height: '32px', ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover } },
  cell: {
    padding: '0 8px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  head: {
    textAlign: 'left',
    padding: '4px 8px',
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  name: { display: 'flex', alignItems: 'center', gap: '8px', minWidth: 0 },
  nameText: { overflow: 'hidden', textOverflow: 'ellipsis' },
  folder: {
    border: 'none',
    background: 'none',
    padding: 0,
    font: 'inherit',
    color: tokens.colorBrandForegroundLink,
    cursor: 'pointer',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    ':hover': { textDecorationLine: 'underline' },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, borderRadius: tokens.borderRadiusSmall },
  },
  more: { padding: '8px', color: tokens.colorNeutralForeground3 },
  message: { margin: '16px 20px' },
});

interface Listing {
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly loading: boolean;
  readonly error: StowageError | null;
}

const byKindAndName = (one: Entry, other: Entry): number =>
  Number(other.kind === 'directory') - Number(one.kind === 'directory') ||
  one.name.localeCompare(other.name, 'en', { numeric: true });

/** What a running job writes is nobody's change: its folder is looked at so often while it is seen. */
const lookMilliseconds = 2000;

/** A folder, read again when something in it changes, while the job runs, and when it ends. */
function useListing(vfolder: string, path: string, state: Job['state']): Listing {
  const [listing, setListing] = useState<Listing>({ path, entries: [], loading: true, error: null });
  const [changed, setChanged] = useState(0);
  useEffect(
    () =>
      onChange((change) => {
        if (change.type === 'files' && change.vfolder === vfolder && change.path === path) setChanged((count) => count + 1);
      }),
    [vfolder, path],
  );
  useEffect(() => {
    if (state !== 'running') return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setChanged((count) => count + 1);
    }, lookMilliseconds);
    return () => clearInterval(timer);
  }, [state]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state or a change of the folder is another listing
  useEffect(() => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const entries: Entry[] = [];
      try {
        for await (const page of await client.files.list({ vfolder, path }, { signal: abort.signal }))
          entries.push(...page.entries);
        if (!abort.signal.aborted) setListing({ path, entries: entries.sort(byKindAndName), loading: false, error: null });
      } catch (error) {
        if (!abort.signal.aborted) setListing({ path, entries: [], loading: false, error: fromContract(error) });
      }
    };
    void read();
    return () => abort.abort();
  }, [vfolder, path, state, changed]);
  return listing.path === path ? listing : { path, entries: [], loading: true, error: null };
}

function keepAsVfolder(job: Job, vfolder: string, path: string): void {
  goFiles();
  openDialog({
    kind: 'create-vfolder',
    name: suggestName(`${job.name}-${job.id}`),
    usage: 'output',
    contents: { kind: 'copy', vfolder, path },
  });
}

/** A folder that the job has, where it lies. */
interface Place {
  /** What the job calls it. */
  readonly label: string;
  readonly vfolder: string;
  readonly root: string;
  readonly output: boolean;
}

/** The outputs first, then what was mounted. */
function placesOf(job: Job, detail: JobDetail | null): Place[] {
  const mounts = detail?.plan.mounts ?? [];
  const target = mounts.find(({ role }) => role === 'output')?.target;
  const output = job.output && {
    label: target === undefined ? 'Outputs' : `Outputs, ${visible(target)}`,
    vfolder: job.output.vfolder,
    root: job.output.path,
    output: true,
  };
  const others = mounts.flatMap(({ role, vfolder, source, target, mode }): Place[] => {
    if (role === 'output' || vfolder === null) return [];
    const label = `${visible(target)}${mode === 'ro' ? ', read-only' : ''}`;
    return [{ label, vfolder, root: parseAddress(source).path, output: false }];
  });
  return [...(output ? [output] : []), ...others];
}

interface FolderProps {
  readonly job: Job;
  readonly place: Place;
  /** Chooses another place, where there is one. */
  readonly chooser: ReactNode;
}

function Folder({ job, place: { vfolder, root, output }, chooser }: FolderProps) {
  const styles = useStyles();
  const [path, setPath] = useState(root);
  const { entries, loading, error } = useListing(vfolder, path, job.state);
  const parent = path === root ? null : path.slice(0, Math.max(root.length, path.lastIndexOf('/')));
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        {chooser}
        {parent !== null && (
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowUpRegular />}
            aria-label="Up one folder"
            onClick={() => setPath(parent)}
          />
        )}
        <span className={styles.address} title={visible(formatAddress(vfolder, path))}>
          {visible(formatAddress(vfolder, path))}
        </span>
        <div className={styles.actions}>
          <Button
            size="small"
            icon={<ArrowDownloadRegular />}
            disabled={entries.length === 0}
            onClick={() => void download(vfolder, [{ path, name: path.slice(path.lastIndexOf('/') + 1) || vfolder }])}
          >
            Download all
          </Button>
          {output && hasEnded(job) && (
            <Button
              size="small"
              icon={<FolderAddRegular />}
              disabled={entries.length === 0}
              title="Copy this folder into a vfolder of its own, for other jobs to mount"
              onClick={() => keepAsVfolder(job, vfolder, path)}
            >
              Keep as a vfolder
            </Button>
          )}
          <Button size="small" icon={<FolderOpenRegular />} onClick={() => goFiles({ vfolder, path })}>
            Open in Files
          </Button>
        </div>
      </div>
      {error && <ErrorMessage className={styles.message} error={error} />}
      {loading && <Spinner size="tiny" label="Loading the folder" className={styles.message} />}
      {!loading && !error && entries.length === 0 && !output && <EmptyState title="Nothing in this folder" />}
      {!loading && !error && entries.length === 0 && output && (
        <EmptyState title={hasEnded(job) ? 'The job wrote no outputs' : 'No outputs yet'}>
          What a job writes to its output folder is listed here and stays when the job is removed.
        </EmptyState>
      )}
      {entries.length > 0 && (
        <div className={styles.list}>
          <table className={styles.table} aria-label={output ? 'Outputs' : 'Files'}>
            <colgroup>
              <col />
              <col width="110" />
              <col width="140" />
              <col width="48" />
            </colgroup>
            <thead>
              <tr>
                <th scope="col" className={styles.head}>
                  Name
                </th>
                <th scope="col" className={`${styles.head} ${styles.right}`}>
                  Size
                </th>
                <th scope="col" className={styles.head}>
                  Modified
                </th>
                <td className={styles.head} />
              </tr>
            </thead>
            <tbody>
              {entries.slice(0, most).map((entry) => (
                <tr key={entry.path} className={styles.row}>
                  <td className={styles.cell}>
                    <span className={styles.name}>
                      <EntryIcon entry={entry} />
                      {entry.kind === 'directory' ? (
                        <button type="button" className={styles.folder} onClick={() => setPath(entry.path)}>
                          {visible(entry.name)}
                        </button>
                      ) : (
                        <span className={styles.nameText}>{visible(entry.name)}</span>
                      )}
                    </span>
                  </td>
                  <td className={`${styles.cell} ${styles.right}`}>{entry.kind === 'file' ? formatBytes(entry.size) : '—'}</td>
                  <td className={styles.cell} title={entry.modified === null ? undefined : formatExactTime(entry.modified)}>
                    {formatTime(entry.modified)}
                  </td>
                  <td className={styles.cell}>
                    <Button
                      size="small"
                      appearance="subtle"
                      icon={<ArrowDownloadRegular />}
                      aria-label={`Download ${visible(entry.name)}`}
                      title={`Download ${visible(entry.name)}`}
                      onClick={() => void download(vfolder, [entry])}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {entries.length > most && (
            <div className={styles.more}>and {plural(entries.length - most, 'more item')}: open the folder in Files.</div>
          )}
        </div>
      )}
    </div>
  );
}

/** The outputs of a job and the folders that it was given, as they are now. `detail` null: not loaded yet. */
export function JobFiles({ job, detail }: { readonly job: Job; readonly detail: JobDetail | null }) {
  const styles = useStyles();
  const [chosen, setChosen] = useState(0);
  const places = placesOf(job, detail);
  const place = places[chosen] ?? places[0];
  if (!place && detail === null) return <Spinner size="tiny" label="Loading the folders" className={styles.message} />;
  if (!place)
    return <EmptyState title="No folders">This job was run without an output folder, and nothing was mounted.</EmptyState>;
  const chooser = places.length > 1 && (
    <Select
      size="small"
      className={styles.chooser}
      aria-label="Folder of the job"
      value={String(places.indexOf(place))}
      onChange={(_, data) => setChosen(Number(data.value))}
    >
      {places.map(({ label }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the places of a job stay as they are
        <option key={index} value={index}>
          {label}
        </option>
      ))}
    </Select>
  );
  return <Folder key={`${place.vfolder}:${place.root}`} job={job} place={place} chooser={chooser} />;
}
