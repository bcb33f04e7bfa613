import { Field, Input, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';
import { parseOffset } from './hex-offset.ts';
import { ScaledRows, type ScaledRowsHandle } from './scaled-rows.tsx';
import { TablePart } from './table-part.tsx';
import { usePages } from './use-pages.ts';
import { ViewBar } from './view-bar.tsx';

const pageBytes = 16 * 1024;
const keptPages = 64;
const rowHeight = 20;
const headerHeight = 26;

const useStyles = makeStyles({
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: '12px', whiteSpace: 'pre', lineHeight: `${rowHeight}px` },
  line: { display: 'flex', gap: '16px', padding: '0 12px', backgroundColor: tokens.colorNeutralBackground1, height: '100%' },
  offset: { color: tokens.colorNeutralForeground3, flexShrink: 0 },
  bytes: { flexShrink: 0, userSelect: 'text' },
  ascii: { flexShrink: 0, color: tokens.colorNeutralForeground2, userSelect: 'text' },
  header: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    height: `${headerHeight}px`,
    lineHeight: `${headerHeight}px`,
    boxSizing: 'border-box',
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  space: { flexGrow: 1 },
  go: { width: '176px' },
  problem: { margin: '8px', flexShrink: 0 },
});

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
/** Pixels below which a row has eight bytes rather than sixteen. */
const roomForSixteen = 620;
const columnTitles = (rowBytes: number): string =>
  Array.from({ length: rowBytes }, (_, at) => `${at === 8 ? ' ' : ''}${hex(at, 2)}`).join(' ');
const signPixels = 7.3;

interface HexViewProps {
  readonly vfolder: string;
  readonly path: string;
  readonly etag: string;
  readonly size: number;
}

/** All bytes of a file of any size, fetched where they are looked at. */
export function HexView({ vfolder, path, etag, size }: HexViewProps) {
  const styles = useStyles();
  const rows = useRef<ScaledRowsHandle>(null);
  const [wanted, setWanted] = useState('');
  const [wrong, setWrong] = useState(false);
  const digits = Math.max(8, size.toString(16).length);
  const pages = usePages(async (page, signal) => {
    const { base64 } = await client.previews.bytes(
      { vfolder, path, etag, offset: page * pageBytes, length: pageBytes },
      { signal },
    );
    return bytesOf(base64);
  }, keptPages);
  const measured = useRef<HTMLDivElement>(null);
  const [rowBytes, setRowBytes] = useState(8);
  useLayoutEffect(() => {
    const element = measured.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setRowBytes(element.clientWidth < roomForSixteen ? 8 : 16));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const rowsPerPage = pageBytes / rowBytes;
  const go = (): void => {
    const offset = parseOffset(wanted);
    setWrong(offset === null || offset >= size);
    if (offset !== null && offset < size) rows.current?.toRow(Math.floor(offset / rowBytes));
  };
  return (
    <>
      <div ref={measured} />
      <ViewBar>
        <span>{formatBytes(size)}</span>
        <span className={styles.space} />
        <Field validationState={wrong ? 'error' : 'none'} validationMessageIcon={null}>
          <Input
            size="small"
            className={styles.go}
            aria-label="Go to offset"
            placeholder="Go to offset (0x1f00)"
            title={wrong ? `An offset below ${size}, such as 4096 or 0x1000` : undefined}
            value={wanted}
            onChange={(_, data) => {
              setWanted(data.value);
              setWrong(false);
            }}
            onKeyDown={(event) => event.key === 'Enter' && go()}
          />
        </Field>
      </ViewBar>
      {pages.problem && <ErrorMessage error={pages.problem} className={styles.problem} />}
      <ScaledRows
        ref={rows}
        label={`Bytes of ${visible(path)}`}
        count={Math.ceil(size / rowBytes)}
        columnCount={3}
        rowHeight={rowHeight}
        headerHeight={headerHeight}
        width={Math.ceil((digits + rowBytes * 4 + 1) * signPixels) + 56}
        onRange={(first, last) => pages.want(Math.floor(first / rowsPerPage), Math.floor(last / rowsPerPage))}
        header={
          <TablePart role="row" aria-rowindex={1} className={mergeClasses(styles.mono, styles.line, styles.header)}>
            <TablePart role="columnheader">{'Offset'.padEnd(digits)}</TablePart>
            <TablePart role="columnheader" aria-label="Bytes">
              {columnTitles(rowBytes)}
            </TablePart>
            <TablePart role="columnheader">Text</TablePart>
          </TablePart>
        }
        renderRow={(index) => {
          const page = pages.get(Math.floor(index / rowsPerPage));
          const at = (index % rowsPerPage) * rowBytes;
          return <HexRow offset={hex(index * rowBytes, digits)} page={page} at={at} rowBytes={rowBytes} />;
        }}
      />
    </>
  );
}

interface HexRowProps {
  readonly offset: string;
  readonly page: Uint8Array | undefined;
  readonly at: number;
  readonly rowBytes: number;
}

const HexRow = memo(function HexRow({ offset, page, at, rowBytes }: HexRowProps) {
  const styles = useStyles();
  const bytes = page ? [...page.subarray(at, at + rowBytes)] : [];
  const codes = bytes.map((byte, index) => `${index === 8 ? ' ' : ''}${hex(byte, 2)}`).join(' ');
  const signs = bytes.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
  return (
    <div role="presentation" className={mergeClasses(styles.mono, styles.line)}>
      <TablePart role="rowheader" className={styles.offset}>
        {offset}
      </TablePart>
      <TablePart role="cell" className={styles.bytes}>
        {(page ? codes : '…').padEnd(rowBytes === 16 ? 48 : 23)}
      </TablePart>
      <TablePart role="cell" className={styles.ascii}>
        {signs}
      </TablePart>
    </div>
  );
});
