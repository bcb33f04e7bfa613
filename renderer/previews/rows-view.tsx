import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { memo, useMemo, useRef, useState } from 'react';
import type { PreviewColumn, PreviewContent, PreviewRows } from '#shared/contract/previews.ts';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatCount, plural } from '../ui/format.ts';
import { ScaledRows } from './scaled-rows.tsx';
import { TablePart } from './table-part.tsx';
import { usePages } from './use-pages.ts';
import { ViewBar } from './view-bar.tsx';

type Table = Extract<PreviewContent, { kind: 'table' }>;
type Row = PreviewRows['rows'][number];

const rowHeight = 24;
const headerHeight = 40;
const numberWidth = 64;
const parquetPage = 200;
const keptPages = 40;

const useStyles = makeStyles({
  header: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    display: 'flex',
    height: `${headerHeight}px`,
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  row: {
    display: 'flex',
    height: '100%',
    boxSizing: 'border-box',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    backgroundColor: tokens.colorNeutralBackground1,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  cell: {
    flexShrink: 0,
    padding: '0 8px',
    boxSizing: 'border-box',
    lineHeight: `${rowHeight}px`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'pre',
    fontSize: tokens.fontSizeBase200,
    userSelect: 'text',
  },
  head: { display: 'flex', flexDirection: 'column', justifyContent: 'center', lineHeight: '15px' },
  name: { fontWeight: tokens.fontWeightSemibold, overflow: 'hidden', textOverflow: 'ellipsis' },
  type: { color: tokens.colorNeutralForeground3, fontSize: '11px', overflow: 'hidden', textOverflow: 'ellipsis' },
  numeric: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  number: {
    position: 'sticky',
    left: 0,
    width: `${numberWidth}px`,
    textAlign: 'right',
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground2,
    fontVariantNumeric: 'tabular-nums',
    userSelect: 'none',
    zIndex: 1,
  },
  missing: { color: tokens.colorNeutralForeground3, fontStyle: 'italic' },
  problem: { margin: '8px', flexShrink: 0 },
});

/** Widths by what the first rows hold, so that most cells are seen whole. */
function widthsOf(columns: readonly PreviewColumn[], rows: readonly Row[]): number[] {
  return columns.map(({ name, type }, at) => {
    const longest = rows.slice(0, 60).reduce((most, row) => Math.max(most, row[at]?.length ?? 4), 0);
    return Math.round(Math.min(280, Math.max(64, Math.max(longest * 7, name.length * 7.4, type.length * 6.4) + 18)));
  });
}

interface RowsViewProps {
  readonly vfolder: string;
  readonly path: string;
  readonly etag: string;
  readonly table: Table;
}

/** A table of any length: rows are fetched where they are looked at. */
export function RowsView({ vfolder, path, etag, table }: RowsViewProps) {
  const styles = useStyles();
  const widths = useMemo(() => widthsOf(table.columns, table.rows), [table]);
  const source = useRows(vfolder, path, etag, table);
  const { columns, columnCount } = table;
  return (
    <>
      <ViewBar>
        <span>
          {source.total === null ? `${formatCount(source.known)}+ rows` : plural(source.total, 'row')}
          {' · '}
          {plural(columnCount, 'column')}
          {columnCount > columns.length && ` (the first ${columns.length} are shown)`}
        </span>
      </ViewBar>
      {source.problem && <ErrorMessage error={source.problem} severity="warning" className={styles.problem} />}
      <ScaledRows
        label={`Rows of ${visible(path)}`}
        count={source.count}
        columnCount={columns.length + 1}
        rowHeight={rowHeight}
        headerHeight={headerHeight}
        width={widths.reduce((sum, one) => sum + one, numberWidth)}
        onRange={source.onRange}
        header={
          <TablePart role="row" className={styles.header} aria-rowindex={1}>
            <TablePart role="columnheader" className={mergeClasses(styles.cell, styles.number)} aria-label="Row" />
            {columns.map(({ name, type, numeric }, at) => (
              <TablePart
                // biome-ignore lint/suspicious/noArrayIndexKey: columns may have the same name and never move
                key={at}
                role="columnheader"
                className={mergeClasses(styles.cell, styles.head, numeric && styles.numeric)}
                style={{ width: widths[at] }}
                title={visible(name)}
              >
                <span className={styles.name}>{visible(name)}</span>
                <span className={styles.type}>{visible(type)}</span>
              </TablePart>
            ))}
          </TablePart>
        }
        renderRow={(index) => <DataRow number={index + 1} row={source.row(index)} columns={columns} widths={widths} />}
      />
    </>
  );
}

interface DataRowProps {
  readonly number: number;
  readonly row: Row | undefined;
  readonly columns: readonly PreviewColumn[];
  readonly widths: readonly number[];
}

const DataRow = memo(function DataRow({ number, row, columns, widths }: DataRowProps) {
  const styles = useStyles();
  return (
    <div role="presentation" className={styles.row}>
      <TablePart role="rowheader" className={mergeClasses(styles.cell, styles.number)}>
        {formatCount(number)}
      </TablePart>
      {columns.map(({ numeric }, at) => {
        const cell = row?.[at];
        return (
          <TablePart
            // biome-ignore lint/suspicious/noArrayIndexKey: cells are told apart by their column
            key={at}
            role="cell"
            className={mergeClasses(styles.cell, numeric && styles.numeric, row && cell == null && styles.missing)}
            style={{ width: widths[at] }}
            title={cell && cell.length > 20 ? visible(cell) : undefined}
          >
            {row === undefined ? '…' : cell == null ? 'null' : visible(cell)}
          </TablePart>
        );
      })}
    </div>
  );
});

/** The rows by their number. Parquet is asked for any page; the others only tell a page after the one before. */
function useRows(vfolder: string, path: string, etag: string, table: Table) {
  const { dialect, columns, next, total } = table;
  const parquet = dialect.format === 'parquet';
  /** Of each page its first row and where it lies; the first is there. */
  const starts = useRef([{ row: 0, at: 0 }]);
  const [known, setKnown] = useState({ rows: table.rows.length, next });
  const names = useMemo(() => columns.map(({ name }) => name), [columns]);
  const pages = usePages<Row[]>(async (page, signal) => {
    const offset = parquet ? page * parquetPage : (starts.current[page]?.at ?? 0);
    const got = await client.previews.rows({ vfolder, path, etag, offset, dialect, columns: names }, { signal });
    if (!parquet && page === starts.current.length - 1) {
      setKnown((before) => {
        if (before.next !== offset) return before;
        return { rows: before.rows + got.rows.length, next: got.next };
      });
    }
    return got.rows;
  }, keptPages);

  const pageOf = (row: number): number => {
    if (parquet) return Math.floor(row / parquetPage);
    let page = starts.current.length - 1;
    while (page > 0 && (starts.current[page]?.row ?? 0) > row) page -= 1;
    return page;
  };
  if (!parquet && known.next !== null && starts.current.at(-1)?.row !== known.rows) {
    starts.current.push({ row: known.rows, at: known.next });
  }
  const whole = parquet ? total : known.next === null ? known.rows : null;
  return {
    total: whole,
    known: known.rows,
    // One more row stands for all that is not known yet.
    count: parquet ? (total ?? 0) : known.rows + (known.next === null ? 0 : 1),
    problem: pages.problem,
    onRange: (first: number, last: number): void => {
      const from = pageOf(first);
      const to = pageOf(last);
      if (to > 0) pages.want(Math.max(1, from), to);
    },
    row: (index: number): Row | undefined => {
      const page = pageOf(index);
      if (page === 0) return table.rows[index];
      return pages.get(page)?.[index - (parquet ? page * parquetPage : (starts.current[page]?.row ?? 0))];
    },
  };
}
