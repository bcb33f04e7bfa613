import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular, MoreHorizontalRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { HostIcon } from '../hosts/host-icon.tsx';
import { formatExactTime, formatTime, plural } from '../ui/format.ts';
import { VfolderIcon } from './entry-icon.tsx';
import { LinkBadge } from './link-badge.tsx';
import { folder } from './location.ts';
import { navigate, openTab } from './tabs.ts';
import { usageWords } from './usage-field.tsx';
import { openVfolderMenu } from './vfolder-menu.tsx';
import { groupedByHost, type VfolderColumn, type VfolderSort } from './vfolder-rows.ts';

const columns = 'minmax(180px, 1.6fr) 80px 92px minmax(100px, 0.7fr) minmax(120px, 1.3fr) minmax(70px, 0.7fr) 116px 36px';

const useStyles = makeStyles({
  scroll: { flexGrow: 1, minHeight: 0, overflowY: 'auto' },
  table: { display: 'block', width: '100%', borderSpacing: 0 },
  block: { display: 'block' },
  row: {
    display: 'grid',
    gridTemplateColumns: columns,
    alignItems: 'center',
    height: '38px',
    margin: '0 6px',
    borderRadius: tokens.borderRadiusMedium,
    // Not the one of buttons, on which the text of the row could not be read in high contrast.
    ':hover': { backgroundColor: tokens.colorNeutralBackground3 },
  },
  head: {
    height: '28px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    position: 'sticky',
    top: 0,
    zIndex: 1,
    margin: 0,
    padding: '0 6px',
    borderRadius: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1 },
  },
  cell: {
    display: 'block',
    padding: '0 8px',
    textAlign: 'left',
    fontWeight: 'inherit',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    color: tokens.colorNeutralForeground2,
  },
  headCell: { fontWeight: tokens.fontWeightMedium, color: tokens.colorNeutralForeground3 },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  open: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    width: '100%',
    height: '38px',
    padding: '0 8px',
    border: 'none',
    borderRadius: tokens.borderRadiusMedium,
    background: 'transparent',
    color: tokens.colorNeutralForeground1,
    font: 'inherit',
    fontWeight: tokens.fontWeightMedium,
    textAlign: 'left',
    cursor: 'pointer',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  // The end of a place tells more than its beginning.
  place: { direction: 'rtl' },
  nameCell: { display: 'block', minWidth: 0, padding: 0 },
  headButton: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: '4px',
    padding: 0,
    border: 'none',
    background: 'transparent',
    color: 'inherit',
    font: 'inherit',
    cursor: 'pointer',
    ':hover': { color: tokens.colorNeutralForeground1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  group: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    height: '34px',
    padding: '6px 14px 0',
    fontWeight: tokens.fontWeightSemibold,
  },
  groupCell: { display: 'flex', alignItems: 'center', gap: '8px', padding: 0, fontWeight: 'inherit' },
  count: { fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3 },
});

export interface VfolderTableProps {
  /** As shown: filtered and sorted. */
  readonly vfolders: readonly Vfolder[];
  readonly sort: VfolderSort;
  readonly grouped: boolean;
  readonly onSort: (column: VfolderColumn) => void;
}

/** vfolders in rows, on demand under the host that each is on. */
export function VfolderTable({ vfolders, sort, grouped, onSort }: VfolderTableProps) {
  const styles = useStyles();
  const head = mergeClasses(styles.cell, styles.headCell);
  const sortable = (column: VfolderColumn, label: string, className = head): ReactNode => (
    <th className={className} aria-sort={sort.column === column ? (sort.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className={styles.headButton} onClick={() => onSort(column)}>
        {label}
        {sort.column === column && (sort.descending ? <ArrowDownRegular aria-hidden /> : <ArrowUpRegular aria-hidden />)}
      </button>
    </th>
  );
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label="vfolders">
        <thead className={styles.block}>
          <tr className={mergeClasses(styles.row, styles.head)}>
            {sortable('name', 'Name')}
            {sortable('usage', 'Usage')}
            {sortable('permission', 'Permission')}
            {sortable('host', 'Host')}
            <th className={head}>Place</th>
            <th className={head}>Note</th>
            {sortable('lastUsed', 'Last used', mergeClasses(head, styles.right))}
            <th className={head} aria-label="Actions" />
          </tr>
        </thead>
        {grouped ? (
          groupedByHost(vfolders).map((group) => (
            <tbody key={group.host.id} className={styles.block}>
              <HostHeading host={group.host} count={group.vfolders.length} />
              {group.vfolders.map((vfolder) => (
                <VfolderRow key={vfolder.id} vfolder={vfolder} />
              ))}
            </tbody>
          ))
        ) : (
          <tbody className={styles.block}>
            {vfolders.map((vfolder) => (
              <VfolderRow key={vfolder.id} vfolder={vfolder} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  );
}

function HostHeading({ host, count }: { readonly host: Vfolder['host']; readonly count: number }) {
  const styles = useStyles();
  const kind = useHosts((state) => state.hosts.find((one) => one.id === host.id)?.kind);
  return (
    <tr className={styles.group}>
      <th className={styles.groupCell} scope="rowgroup">
        {kind && <HostIcon kind={kind} />}
        {visible(host.name)}
        <span className={styles.count}>{plural(count, 'vfolder')}</span>
      </th>
    </tr>
  );
}

function VfolderRow({ vfolder }: { readonly vfolder: Vfolder }) {
  const styles = useStyles();
  return (
    <tr className={styles.row} onContextMenu={(event) => openVfolderMenu(event, vfolder)}>
      <td className={styles.nameCell}>
        <button
          type="button"
          className={styles.open}
          onClick={(event) => (event.ctrlKey || event.metaKey ? openTab : navigate)(folder(vfolder.name, ''))}
        >
          <VfolderIcon usage={vfolder.usage} />
          <span className={styles.text} title={vfolder.name}>
            {vfolder.name}
          </span>
          <LinkBadge vfolder={vfolder} />
        </button>
      </td>
      <td className={styles.cell}>{usageWords[vfolder.usage]}</td>
      <td className={styles.cell}>{vfolder.permission === 'ro' ? 'Read-only' : 'Read-write'}</td>
      <td className={styles.cell} title={visible(vfolder.host.name)}>
        {visible(vfolder.host.name)}
      </td>
      <td className={mergeClasses(styles.cell, styles.place)} title={visible(vfolder.place)}>
        <bdi>{visible(vfolder.place)}</bdi>
      </td>
      <td className={styles.cell} title={vfolder.note}>
        {vfolder.note || '—'}
      </td>
      <td
        className={mergeClasses(styles.cell, styles.right)}
        title={vfolder.lastUsedAt === null ? 'Never used' : formatExactTime(vfolder.lastUsedAt)}
      >
        {formatTime(vfolder.lastUsedAt)}
      </td>
      <td className={styles.nameCell}>
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          aria-label={`Actions for ${vfolder.name}`}
          onClick={(event) => openVfolderMenu(event, vfolder)}
        />
      </td>
    </tr>
  );
}
