import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { WarningFilled } from '@fluentui/react-icons';
import type { CopiedBackOfJob, JobDetail } from '#shared/contract/jobs.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { goFiles } from '../app/navigation.ts';
import { filesWords } from '../planner/cost-words.ts';
import { plural } from '../ui/format.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: '0 0 20px', padding: 0 },
  mount: { padding: '6px 0', borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  figures: { fontVariantNumeric: 'tabular-nums', overflowWrap: 'anywhere' },
  notes: { listStyleType: 'none', margin: '4px 0 0', padding: 0, fontSize: tokens.fontSizeBase200 },
  note: {
    display: 'grid',
    gridTemplateColumns: '16px minmax(0, 1fr)',
    columnGap: '8px',
    padding: '2px 0',
    overflowWrap: 'anywhere',
  },
  icon: { fontSize: '16px', color: tokens.colorPaletteDarkOrangeForeground1 },
  quiet: { color: tokens.colorNeutralForeground2 },
});

/** So many conflicts are listed by name. */
const most = 100;

interface BackProps {
  readonly back: CopiedBackOfJob;
  readonly source: string;
  readonly vfolder: string | null;
}

function ConflictWords({
  path,
  keptAs,
  vfolder,
}: {
  readonly path: string;
  readonly keptAs: string;
  readonly vfolder: string | null;
}) {
  if (keptAs === path) return <span>“{visible(path)}” was removed by the job and changed by somebody else: it stays.</span>;
  const show = (): void => {
    if (vfolder !== null) goFiles({ vfolder, path: parentPath(parseInnerPath(keptAs)), select: baseName(keptAs) });
  };
  return (
    <span>
      “{visible(path)}” was changed by somebody else: theirs stays, the job's is kept as{' '}
      {vfolder === null ? `“${visible(keptAs)}”` : <Link onClick={show}>“{visible(keptAs)}”</Link>}.
    </span>
  );
}

function Back({ back, source, vfolder }: BackProps) {
  const styles = useStyles();
  const { files, bytes, removed, conflicts, leftOut } = back;
  const figures = [
    files === 0 && removed === 0 ? 'nothing had changed' : filesWords(files, bytes),
    removed > 0 && `${plural(removed, 'file')} removed`,
    conflicts.length > 0 && plural(conflicts.length, 'conflict'),
  ].filter(Boolean);
  return (
    <li className={styles.mount}>
      <div className={styles.figures}>
        Copied back to {visible(source)}: {figures.join(', ')}
      </div>
      <ul className={styles.notes}>
        {conflicts.slice(0, most).map(({ path, keptAs }) => (
          <li key={path} className={styles.note}>
            <WarningFilled className={styles.icon} aria-label="Conflict" />
            <ConflictWords path={path} keptAs={keptAs} vfolder={vfolder} />
          </li>
        ))}
        {conflicts.length > most && <li className={styles.quiet}>and {plural(conflicts.length - most, 'more conflict')}</li>}
        {leftOut.length > 0 && (
          <li className={styles.quiet}>Links and special files stay out: {leftOut.map(visible).join(', ')}</li>
        )}
      </ul>
    </li>
  );
}

/** What became of the changes that the job made to copies of folders that lie somewhere else. */
export function CopiedBack({ detail, headingClass }: { readonly detail: JobDetail; readonly headingClass: string }) {
  const styles = useStyles();
  const { copiedBack, plan } = detail;
  if (copiedBack.length === 0) return null;
  return (
    <>
      <h2 className={headingClass}>After the end</h2>
      <ul className={styles.list} aria-label="Copied back">
        {copiedBack.map((back) => {
          const mount = plan.mounts[back.mount];
          return <Back key={back.mount} back={back} source={mount?.source ?? 'the folder'} vfolder={mount?.vfolder ?? null} />;
        })}
      </ul>
    </>
  );
}
