import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { CheckmarkCircleFilled, QuestionCircleFilled, WarningFilled } from '@fluentui/react-icons';
import type { TreeChanges } from '#shared/contract/provenance.ts';
import { visible } from '#shared/paths.ts';
import { formatBytes, plural } from '../ui/format.ts';
import type { Verdict } from './inputs-words.ts';

const useStyles = makeStyles({
  verdict: { display: 'flex', alignItems: 'flex-start', gap: '6px', overflowWrap: 'anywhere' },
  icon: { flexShrink: 0, fontSize: '16px', marginTop: '2px' },
  same: { color: tokens.colorPaletteGreenForeground1 },
  changed: { color: tokens.colorPaletteDarkOrangeForeground1 },
  unknown: { color: tokens.colorNeutralForeground3 },
  table: { borderCollapse: 'collapse', marginTop: '6px', width: '100%', tableLayout: 'fixed' },
  what: { width: '120px' },
  size: { width: '110px', textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  cell: { padding: '2px 16px 2px 0', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  path: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  head: {
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    textAlign: 'left',
  },
  quiet: { color: tokens.colorNeutralForeground3, marginTop: '4px' },
});

const icons = { same: CheckmarkCircleFilled, changed: WarningFilled, unknown: QuestionCircleFilled } as const;

/** A comparison in one line. */
export function VerdictLine({ verdict }: { readonly verdict: Verdict }) {
  const styles = useStyles();
  const Icon = icons[verdict.tone];
  return (
    <div className={styles.verdict}>
      <Icon className={mergeClasses(styles.icon, styles[verdict.tone])} aria-hidden />
      <span>{visible(verdict.words)}</span>
    </div>
  );
}

const words = { added: 'added', removed: 'removed', changed: 'changed', unsure: 'not comparable' } as const;
const sizeOf = (bytes: number | null): string => (bytes === null ? '' : formatBytes(bytes));

interface ChangedFilesProps {
  readonly changes: TreeChanges;
  /** What the table is called, for assistive technology. */
  readonly label: string;
  /** Headings of the two sizes. */
  readonly before: string;
  readonly after: string;
}

/** The files that differ, as far as they are named. Nothing where none is. */
export function ChangedFiles({ changes, label, before, after }: ChangedFilesProps) {
  const styles = useStyles();
  if (changes.files.length === 0) return null;
  const more = changes.added + changes.removed + changes.changed + changes.unsure - changes.files.length;
  const head = mergeClasses(styles.cell, styles.head);
  const number = mergeClasses(styles.cell, styles.size);
  return (
    <>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            <th scope="col" className={mergeClasses(head, styles.what)}>
              Change
            </th>
            <th scope="col" className={head}>
              File
            </th>
            <th scope="col" className={mergeClasses(head, styles.size)}>
              {before}
            </th>
            <th scope="col" className={mergeClasses(head, styles.size)}>
              {after}
            </th>
          </tr>
        </thead>
        <tbody>
          {changes.files.map((file) => (
            <tr key={file.path}>
              <td className={styles.cell}>{words[file.change]}</td>
              <td className={mergeClasses(styles.cell, styles.path)} title={visible(file.path)}>
                {visible(file.path)}
              </td>
              <td className={number}>{sizeOf(file.before)}</td>
              <td className={number}>{sizeOf(file.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <div className={styles.quiet}>and {plural(more, 'more file')}</div>}
    </>
  );
}
