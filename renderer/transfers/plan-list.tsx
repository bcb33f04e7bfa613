// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and placed by transform, which <table> cannot hold
// biome-ignore-all lint/a11y/useFocusableInteractive: rows are read, not chosen
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: the list scrolls
import { makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { AddCircleRegular, ArrowSyncCircleRegular, SubtractCircleRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { TransferAction, TransferFile } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';
import type { PlanRows } from './use-plan-rows.ts';

const rowHeight = 28;

const useStyles = makeStyles({
  list: {
    height: '340px',
    overflowY: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    outline: 'none',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  rows: { position: 'relative', width: '100%' },
  row: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    height: `${rowHeight}px`,
    boxSizing: 'border-box',
    display: 'grid',
    gridTemplateColumns: '88px minmax(0, 1fr) 96px',
    alignItems: 'center',
    columnGap: '12px',
    padding: '0 12px',
  },
  action: { display: 'flex', alignItems: 'center', gap: '6px', whiteSpace: 'nowrap' },
  icon: { fontSize: '16px', flexShrink: 0 },
  add: { color: tokens.colorPaletteGreenForeground1 },
  update: { color: tokens.colorBrandForeground1 },
  remove: { color: tokens.colorPaletteRedForeground1 },
  path: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  size: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: tokens.colorNeutralForeground2 },
  note: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    height: '100%',
    color: tokens.colorNeutralForeground2,
  },
});

const looks = {
  copy: ['Copy', 'add', AddCircleRegular],
  add: ['Add', 'add', AddCircleRegular],
  update: ['Update', 'update', ArrowSyncCircleRegular],
  remove: ['Delete', 'remove', SubtractCircleRegular],
} as const satisfies Record<TransferAction, readonly unknown[]>;

interface PlanListProps {
  readonly plan: PlanRows & { readonly more: () => void };
  /** What to say when nothing is in it. */
  readonly empty: string;
  /** The plan is still being made. */
  readonly growing: boolean;
}

/** What a sync would do, file by file; more is read as the end comes near. */
export function PlanList({ plan, empty, growing }: PlanListProps) {
  const styles = useStyles();
  const body = useRef<HTMLDivElement>(null);
  const { rows, complete, problem, more } = plan;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => body.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (!complete && last >= rows.length - 60) more();
  }, [complete, last, rows.length, more]);
  if (problem) return <ErrorMessage error={problem} />;
  return (
    <div ref={body} className={styles.list} role="list" aria-label="What will change" aria-busy={!complete} tabIndex={0}>
      {rows.length === 0 ? (
        <div className={styles.note}>{growing || !complete ? <Spinner size="tiny" label="Comparing both sides…" /> : empty}</div>
      ) : (
        <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const file = rows[item.index];
            return file ? <PlanRow key={file.seq} file={file} top={item.start} /> : null;
          })}
        </div>
      )}
    </div>
  );
}

function PlanRow({ file, top }: { readonly file: TransferFile; readonly top: number }) {
  const styles = useStyles();
  const [word, tone, Icon] = looks[file.action];
  return (
    <div className={styles.row} role="listitem" style={{ transform: `translateY(${top}px)` }}>
      <span className={mergeClasses(styles.action, styles[tone])}>
        <Icon className={styles.icon} aria-hidden />
        {word}
      </span>
      <span className={styles.path} title={visible(file.path)}>
        {visible(file.path)}
      </span>
      <span className={styles.size}>{formatBytes(file.size)}</span>
    </div>
  );
}
