import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { bucketLabel, type Found, type Statistics } from '#shared/contract/statistics.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { folder } from '../explorer/location.ts';
import { navigate } from '../explorer/tabs.ts';
import { formatBytes, formatCount, formatExactTime, formatTime, plural } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';

/** Numbers and names stand in line with what is above the table. */
const edges = { ':first-child': { paddingLeft: '0' }, ':last-child': { paddingRight: '0' } };

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '14px' },
  table: { width: '100%', borderCollapse: 'collapse', tableLayout: 'fixed', fontVariantNumeric: 'tabular-nums' },
  head: {
    padding: '0 6px 4px',
    textAlign: 'left',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground3,
    ...edges,
  },
  cell: {
    padding: '2px 6px',
    lineHeight: '20px',
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    whiteSpace: 'nowrap',
    ...edges,
  },
  right: { textAlign: 'right' },
  label: { width: '136px', color: tokens.colorNeutralForeground2 },
  number: { width: '86px' },
  time: { width: '112px', color: tokens.colorNeutralForeground2 },
  bar: { height: '10px', minWidth: '2px', borderRadius: '2px', backgroundColor: tokens.colorCompoundBrandBackground },
  noBar: { height: '10px' },
  name: { overflow: 'hidden', textOverflow: 'ellipsis' },
  link: {
    display: 'block',
    maxWidth: '100%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    textAlign: 'left',
  },
  place: { color: tokens.colorNeutralForeground3 },
  pair: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: '14px' },
  note: { color: tokens.colorNeutralForeground2 },
});

interface StatisticsViewProps {
  readonly vfolder: string;
  /** The folder that is counted. */
  readonly path: string;
  readonly statistics: Statistics;
  /** Called before another folder is shown. */
  readonly onLeave: () => void;
}

/** What is in a folder: its sizes as bars, its endings, the largest and the newest as ways to them. */
export function StatisticsView({ vfolder, path, statistics, onLeave }: StatisticsViewProps) {
  const styles = useStyles();
  const { files, largest, newest, unlisted } = statistics;
  return (
    <div className={styles.root}>
      {unlisted > 0 && (
        <div className={styles.note}>
          {plural(unlisted, 'folder')} could not be listed and {unlisted === 1 ? 'is' : 'are'} left out.
        </div>
      )}
      {files === 0 ? (
        <div className={styles.note}>There is no file in this folder.</div>
      ) : (
        <>
          <Section title="Sizes">
            <Histogram statistics={statistics} />
          </Section>
          <Section title="Endings">
            <Endings statistics={statistics} />
          </Section>
          <Section title="Largest">
            <FoundTable name="Largest files" {...{ vfolder, path, onLeave }} found={largest} />
          </Section>
          <Section title="Newest">
            <FoundTable name="Newest files" {...{ vfolder, path, onLeave }} found={newest} />
          </Section>
        </>
      )}
    </div>
  );
}

interface Bar {
  readonly label: string;
  readonly files: number;
  readonly bytes: number;
  /** 0–1 */
  readonly share: number;
}

/** A table whose second column is drawn: read out, it is its numbers. */
function BarTable({ name, first, bars }: { readonly name: string; readonly first: string; readonly bars: readonly Bar[] }) {
  const styles = useStyles();
  return (
    <table className={styles.table} aria-label={name}>
      <colgroup>
        <col className={styles.label} />
        <col />
        <col className={styles.number} />
        <col className={styles.number} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col" className={styles.head}>
            {first}
          </th>
          <td aria-hidden />
          <th scope="col" className={`${styles.head} ${styles.right}`}>
            Files
          </th>
          <th scope="col" className={`${styles.head} ${styles.right}`}>
            Bytes
          </th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label}>
            <th scope="row" className={`${styles.cell} ${styles.label} ${styles.name}`}>
              {bar.label}
            </th>
            <td aria-hidden className={styles.cell}>
              <div className={bar.share > 0 ? styles.bar : styles.noBar} style={{ width: `${bar.share * 100}%` }} />
            </td>
            <td className={`${styles.cell} ${styles.right}`}>{formatCount(bar.files)}</td>
            <td className={`${styles.cell} ${styles.right}`}>{formatBytes(bar.bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Bars of the number of files; buckets before the first and behind the last file are left out. */
function Histogram({ statistics: { histogram } }: { readonly statistics: Statistics }) {
  const most = Math.max(1, ...histogram.map(({ files }) => files));
  const from = histogram.findIndex(({ files }) => files > 0);
  const to = histogram.findLastIndex(({ files }) => files > 0);
  const bars = histogram
    .map((bucket, index) => ({ ...bucket, label: bucketLabel(index), share: bucket.files / most }))
    .slice(from, to + 1);
  return <BarTable name="Files by size" first="Size" bars={bars} />;
}

/** Bars of bytes. */
function Endings({ statistics: { extensions } }: { readonly statistics: Statistics }) {
  const most = Math.max(1, ...extensions.map(({ bytes }) => bytes));
  const bars = extensions.map(({ extension, files, bytes }) => ({
    label: extension === '' ? 'Other' : `.${extension}`,
    ...{ files, bytes },
    share: bytes / most,
  }));
  return <BarTable name="Bytes by ending" first="Ending" bars={bars} />;
}

interface FoundTableProps extends Omit<StatisticsViewProps, 'statistics'> {
  readonly name: string;
  readonly found: readonly Found[];
}

function FoundTable({ name, vfolder, path, found, onLeave }: FoundTableProps) {
  const styles = useStyles();
  const go = (to: string): void => {
    onLeave();
    navigate(folder(vfolder, parentPath(parseInnerPath(to))), baseName(to));
  };
  return (
    <table className={styles.table} aria-label={name}>
      <colgroup>
        <col />
        <col className={styles.number} />
        <col className={styles.time} />
      </colgroup>
      <tbody>
        {found.map((one) => {
          const inside = path === '' ? one.path : one.path.slice(path.length + 1);
          const base = baseName(inside);
          return (
            <tr key={one.path}>
              <th scope="row" className={`${styles.cell} ${styles.name}`}>
                <Link as="button" className={styles.link} title={visible(inside)} onClick={() => go(one.path)}>
                  {visible(base)}
                  {inside !== base && <span className={styles.place}> in {visible(inside.slice(0, -base.length - 1))}</span>}
                </Link>
              </th>
              <td className={`${styles.cell} ${styles.right}`}>{formatBytes(one.size)}</td>
              <td
                className={`${styles.cell} ${styles.right} ${styles.time}`}
                title={one.modified === null ? undefined : formatExactTime(one.modified)}
              >
                {formatTime(one.modified)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
