import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Spinner,
  tokens,
} from '@fluentui/react-components';
import { type ReactNode, useEffect, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import type { Entry } from '#shared/contract/files.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatCount, formatExactTime, plural } from '../ui/format.ts';
import { describeKind } from './kinds.ts';
import { usageWords } from './usage-field.tsx';

const useStyles = makeStyles({
  list: { display: 'grid', gridTemplateColumns: '108px 1fr', rowGap: '7px', columnGap: '12px', margin: '4px 0 0' },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, overflowWrap: 'anywhere', userSelect: 'text' },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: '12px' },
  spinner: { display: 'inline-flex', marginLeft: '8px', verticalAlign: 'middle' },
});

interface Totals {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

interface Counting extends Totals {
  readonly done: boolean;
  readonly problem: StowageError | null;
}

/** Counts what is below the paths, showing the number as it grows. */
function useStatistics(vfolder: string, entries: readonly Pick<Entry, 'path' | 'kind' | 'size'>[]): Counting {
  const [counting, setCounting] = useState<Counting>({ files: 0, directories: 0, bytes: 0, done: false, problem: null });
  useEffect(() => {
    const abort = new AbortController();
    const count = async (): Promise<void> => {
      const plain = entries.filter((entry) => entry.kind !== 'directory');
      let sum: Totals = { files: plain.length, directories: 0, bytes: plain.reduce((total, entry) => total + entry.size, 0) };
      for (const entry of entries) {
        if (entry.kind !== 'directory') continue;
        let last: Totals = { files: 0, directories: 0, bytes: 0 };
        for await (last of await client.files.statistics({ vfolder, path: entry.path }, { signal: abort.signal }))
          setCounting({ ...add(sum, last), done: false, problem: null });
        sum = add(sum, last);
      }
      setCounting({ ...sum, done: true, problem: null });
    };
    count().catch((error: unknown) => {
      if (!abort.signal.aborted) setCounting((before) => ({ ...before, done: true, problem: fromContract(error) }));
    });
    return () => abort.abort();
  }, [vfolder, entries]);
  return counting;
}

const add = (a: Totals, b: Totals): Totals => ({
  files: a.files + b.files,
  directories: a.directories + b.directories,
  bytes: a.bytes + b.bytes,
});

function Shell({
  title,
  children,
  onClose,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}) {
  const styles = useStyles();
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface style={{ maxWidth: 480 }}>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>
            <dl className={styles.list}>{children}</dl>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              Close
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Fact({ term, mono, children }: { readonly term: string; readonly mono?: boolean; readonly children: ReactNode }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.term}>{term}</dt>
      <dd className={`${styles.value} ${mono ? styles.mono : ''}`}>{children}</dd>
    </>
  );
}

function Size({ counting, containers }: { readonly counting: Counting; readonly containers: boolean }) {
  const styles = useStyles();
  return (
    <>
      <Fact term="Size">
        {formatBytes(counting.bytes)} ({formatCount(counting.bytes)} bytes)
        {!counting.done && (
          <span className={styles.spinner}>
            <Spinner size="extra-tiny" aria-label="Counting" />
          </span>
        )}
      </Fact>
      {containers && (
        <Fact term="Contains">
          {plural(counting.files, 'file')}, {plural(counting.directories, 'folder')}
        </Fact>
      )}
    </>
  );
}

interface PropertiesDialogProps {
  readonly vfolder: string;
  readonly entries: readonly Entry[];
  readonly onClose: () => void;
}

export function PropertiesDialog({ vfolder, entries, onClose }: PropertiesDialogProps) {
  const counting = useStatistics(vfolder, entries);
  const [first] = entries;
  const single = entries.length === 1 ? first : undefined;
  return (
    <Shell title={single ? visible(single.name) : plural(entries.length, 'item')} onClose={onClose}>
      {single && <Fact term="Kind">{describeKind(single)}</Fact>}
      {single && (
        <Fact term="Address" mono>
          {visible(formatAddress(vfolder, single.path))}
        </Fact>
      )}
      {single?.linkTarget !== undefined && (
        <Fact term="Points to" mono>
          {visible(single.linkTarget)}
        </Fact>
      )}
      <Size counting={counting} containers={!single || single.kind === 'directory'} />
      {single?.modified != null && <Fact term="Modified">{formatExactTime(single.modified)}</Fact>}
      {counting.problem && (
        <Fact term="Problem">
          <ErrorMessage error={counting.problem} />
        </Fact>
      )}
    </Shell>
  );
}

const whole: readonly Pick<Entry, 'path' | 'kind' | 'size'>[] = [{ path: '', kind: 'directory', size: 0 }];

export function VfolderPropertiesDialog({ vfolder, onClose }: { readonly vfolder: Vfolder; readonly onClose: () => void }) {
  const counting = useStatistics(vfolder.name, whole);
  return (
    <Shell title={vfolder.name} onClose={onClose}>
      <Fact term="Host">{visible(vfolder.host.name)}</Fact>
      <Fact term={vfolder.kind === 'linked' ? 'Linked to' : 'Place'} mono>
        {visible(vfolder.place)}
      </Fact>
      {vfolder.broken !== null && <Fact term="Problem">{visible(vfolder.broken)}</Fact>}
      <Fact term="Usage">{usageWords[vfolder.usage]}</Fact>
      <Fact term="Permission">{vfolder.permission === 'ro' ? 'Read-only' : 'Read-write'}</Fact>
      {vfolder.note && <Fact term="Note">{vfolder.note}</Fact>}
      <Size counting={counting} containers />
      {vfolder.mountPath && (
        <Fact term="Mounted at" mono>
          {vfolder.mountPath}
        </Fact>
      )}
      {vfolder.automount && <Fact term="Automount">Mounted into every job</Fact>}
      <Fact term="Created">{formatExactTime(vfolder.createdAt)}</Fact>
      {vfolder.lastUsedAt !== null && <Fact term="Last used">{formatExactTime(vfolder.lastUsedAt)}</Fact>}
    </Shell>
  );
}
