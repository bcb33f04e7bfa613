import { makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { useEffect, useMemo, useState } from 'react';
import { client } from '../app/client.ts';
import { formatAgo, formatBytes, formatCount, formatExactTime, plural } from '../ui/format.ts';
import { useNow } from '../ui/use-now.ts';
import type { Dragged } from './drag-out.ts';
import { DragOutGrip } from './drag-out-grip.tsx';
import type { ShownRows } from './use-order.ts';

const useStyles = makeStyles({
  footer: {
    display: 'flex',
    alignItems: 'center',
    gap: '16px',
    flexShrink: 0,
    height: '26px',
    padding: '0 12px',
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: 'tabular-nums',
    color: tokens.colorNeutralForeground3,
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    whiteSpace: 'nowrap',
  },
  space: { flexGrow: 1 },
});

interface FolderFooterProps {
  readonly vfolder: string;
  readonly shown: ShownRows;
  /** All rows that were read. */
  readonly length: number;
  readonly complete: boolean;
  readonly filtered: boolean;
  readonly selected: readonly number[];
  readonly dragged: () => Dragged;
}

/** What is in the folder and what is selected, below its table. */
export function FolderFooter({ vfolder, shown, length, complete, filtered, selected, dragged }: FolderFooterProps) {
  const styles = useStyles();
  const chosen = useMemo(() => selected.reduce((sum, id) => sum + shown.rows.size(id), 0), [selected, shown]);
  const working = complete ? (shown.busy ? 'Sorting…' : null) : 'Reading…';
  return (
    <div className={styles.footer} role="status" aria-label="Folder summary">
      <span>{filtered ? `${formatCount(shown.ids.length)} of ${plural(length, 'item')}` : plural(length, 'item')}</span>
      {shown.bytes > 0 && <span>{formatBytes(shown.bytes)}</span>}
      {working !== null && (
        <span>
          <Spinner size="extra-tiny" label={working} />
        </span>
      )}
      <span className={styles.space} />
      {selected.length === 0 && <IndexedAt vfolder={vfolder} />}
      {selected.length > 0 && <DragOutGrip what={dragged} />}
      {selected.length > 0 && (
        <span>
          {formatCount(selected.length)} selected{chosen > 0 && ` · ${formatBytes(chosen)}`}
        </span>
      )}
    </div>
  );
}

/** Of when the index is that a search below this folder would look into; nothing while there is none. */
function IndexedAt({ vfolder }: { readonly vfolder: string }) {
  const [takenAt, setTakenAt] = useState<number | null>(null);
  const now = useNow(takenAt !== null);
  useEffect(() => {
    const abort = new AbortController();
    client.search
      .status({ vfolder }, { signal: abort.signal })
      .then(({ takenAt }) => setTakenAt(takenAt))
      // The folder itself says what is wrong with it.
      .catch(() => undefined);
    return () => abort.abort();
  }, [vfolder]);
  if (takenAt === null) return null;
  return <span title={formatExactTime(takenAt)}>indexed {formatAgo(takenAt, now)}</span>;
}
