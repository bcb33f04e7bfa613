import { Button, makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { BranchRegular, CopyRegular, HistoryRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import type { ChangesSince, ImageInput, JobInputs, MountInput } from '#shared/contract/provenance.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { gitInWords, methodInWords, shortDigest } from '#shared/provenance/words.ts';
import { client, fromContract } from '../app/client.ts';
import { ApproachBadge, ModeBadge } from '../planner/badges.tsx';
import { copyText } from '../properties/copy-text.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatCount, formatExactTime, formatTime } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { SmallBadge } from '../ui/small-badge.tsx';
import { ChangedFiles, VerdictLine } from './inputs-changes.tsx';
import { imageVerdict, roleInWords, verdictOf } from './inputs-words.ts';
import { hasEnded } from './job-words.ts';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto', padding: '16px 20px', boxSizing: 'border-box' },
  part: { marginBottom: '24px' },
  table: { borderCollapse: 'collapse', width: '100%' },
  th: {
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    padding: '4px 16px 4px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    whiteSpace: 'nowrap',
  },
  td: { padding: '6px 16px 6px 0', verticalAlign: 'top', overflowWrap: 'anywhere' },
  first: { borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  below: { padding: '0 0 10px' },
  number: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  badges: { display: 'flex', alignItems: 'center', gap: '4px', whiteSpace: 'nowrap' },
  digest: { display: 'flex', alignItems: 'center', gap: '2px', minHeight: '20px', whiteSpace: 'nowrap' },
  copy: { minWidth: '20px', width: '20px', height: '20px', padding: 0 },
  git: {
    display: 'flex',
    alignItems: 'center',
    gap: '4px',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  verdict: { marginTop: '6px' },
  none: { color: tokens.colorNeutralForeground3 },
  loading: { padding: '24px', justifyContent: 'flex-start' },
  message: { marginBottom: '16px' },
});

const again = 700;

/** What the job got; asked for again while it is being listed, and when the job goes on. */
function useInputs(job: Job): { inputs: JobInputs | null; error: StowageError | null } {
  const [result, setResult] = useState<{ inputs: JobInputs | null; error: StowageError | null }>({ inputs: null, error: null });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state or round is another answer
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    client.provenance
      .inputs({ id: job.id }, { signal: abort.signal })
      .then((inputs) => {
        setResult({ inputs, error: null });
        if (job.state !== 'queued' && inputs.mounts.some(({ state }) => state === 'listing'))
          timer = setTimeout(() => setRound((count) => count + 1), again);
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setResult((before) => ({ ...before, error: fromContract(error) }));
      });
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [job.id, job.state, round]);
  return result;
}

function Digest({ digest, label }: { readonly digest: string; readonly label: string }) {
  const styles = useStyles();
  return (
    <div className={styles.digest}>
      <span className={styles.mono} title={digest}>
        {shortDigest(digest)}
      </span>
      <Button
        size="small"
        appearance="transparent"
        className={styles.copy}
        icon={<CopyRegular />}
        aria-label={`Copy the ${label}`}
        title={`Copy the ${label}`}
        onClick={() => void copyText(digest, 'Digest')}
      />
    </div>
  );
}

function Image({ image, since }: { readonly image: ImageInput; readonly since: ChangesSince | null }) {
  const styles = useStyles();
  return (
    <Section title="Image" className={styles.part}>
      <table className={styles.table}>
        <thead>
          <tr>
            {['Name', 'Id', 'From a registry as'].map((heading) => (
              <th key={heading} scope="col" className={styles.th}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <td className={styles.td}>{visible(image.reference)}</td>
            <td className={styles.td}>
              <Digest digest={image.id} label="id of the image" />
            </td>
            <td className={mergeClasses(styles.td, image.digests.length > 0 ? styles.mono : styles.none)}>
              {image.digests.length > 0 ? visible(image.digests.join('\n')) : 'made on this machine'}
            </td>
          </tr>
        </tbody>
      </table>
      {since && <VerdictLine verdict={imageVerdict(since.image)} />}
    </Section>
  );
}

function State({ input, waits }: { readonly input: MountInput; readonly waits: boolean }) {
  const styles = useStyles();
  const { state, digest, method, reason, listedAt } = input;
  if (state === 'listing')
    return waits ? <span className={styles.quiet}>when the job begins</span> : <Spinner size="extra-tiny" label="Being listed" />;
  return (
    <>
      {digest !== null && <Digest digest={digest} label={`digest of ${input.source}`} />}
      {method !== null && (
        <div className={styles.quiet}>
          {methodInWords(method)}
          {listedAt !== null && (
            <span title={formatExactTime(listedAt)}> · listed {formatTime(listedAt).replace('Today', 'today')}</span>
          )}
        </div>
      )}
      {reason !== null && <VerdictLine verdict={{ tone: digest === null ? 'unknown' : 'changed', words: reason }} />}
    </>
  );
}

interface MountRowsProps {
  readonly input: MountInput;
  readonly since: ChangesSince['mounts'][number] | null;
  /** The job has not begun. */
  readonly waits: boolean;
}

function MountRows({ input, since, waits }: MountRowsProps) {
  const styles = useStyles();
  const role = roleInWords(input);
  const listed = input.state === 'complete' || input.state === 'partial';
  const first = mergeClasses(styles.td, styles.first);
  return (
    <>
      <tr>
        <td className={first}>
          {visible(input.source)} {role && <SmallBadge>{role}</SmallBadge>}
          {input.git && (
            <div className={styles.git} title={input.git.problem ?? input.git.commit ?? undefined}>
              <BranchRegular aria-hidden /> Git: {visible(gitInWords(input.git))}
            </div>
          )}
        </td>
        <td className={mergeClasses(first, styles.mono)}>{visible(input.target)}</td>
        <td className={first}>
          <div className={styles.badges}>
            <ModeBadge mode={input.mode} />
            <ApproachBadge mount={{ approach: input.approach, reason: input.source }} />
          </div>
        </td>
        <td className={mergeClasses(first, styles.number)}>{listed ? formatCount(input.files) : '—'}</td>
        <td className={mergeClasses(first, styles.number)}>{listed ? formatBytes(input.bytes) : '—'}</td>
        <td className={first}>
          <State input={input} waits={waits} />
        </td>
      </tr>
      {since && (
        <tr>
          <td colSpan={6} className={styles.below}>
            <VerdictLine verdict={verdictOf(since)} />
            {since.git && since.git.commit !== input.git?.commit && (
              <div className={styles.git}>
                <BranchRegular aria-hidden /> Git now: {visible(gitInWords(since.git))}
              </div>
            )}
            {since.changes && (
              <ChangedFiles changes={since.changes} label={`Changes in ${input.source}`} before="Then" after="Now" />
            )}
          </td>
        </tr>
      )}
    </>
  );
}

const headings = ['Source', 'Target', 'Mode', 'Files', 'Size', 'Digest'] as const;

/** Exactly what the job got, and on request what is another today. */
export function InputsTab({ job }: { readonly job: Job }) {
  const styles = useStyles();
  const { inputs, error } = useInputs(job);
  const [since, setSince] = useState<ChangesSince | null>(null);
  const [looking, setLooking] = useState<AbortController | null>(null);
  const [failure, setFailure] = useState<StowageError | null>(null);
  useEffect(() => () => looking?.abort(), [looking]);
  if (error && !inputs) return <ErrorMessage className={styles.message} error={error} />;
  if (!inputs) return <Spinner className={styles.loading} size="tiny" label="Loading the inputs" />;
  const look = async (): Promise<void> => {
    const abort = new AbortController();
    setLooking(abort);
    setFailure(null);
    try {
      setSince(await client.provenance.changes({ id: job.id }, { signal: abort.signal }));
    } catch (problem) {
      if (!abort.signal.aborted) setFailure(fromContract(problem));
    }
    setLooking(null);
  };
  const nothing = inputs.mounts.length === 0 && inputs.image === null;
  const compare = looking ? (
    <>
      <Spinner size="extra-tiny" label="Comparing with today’s files" />
      <Button size="small" onClick={() => setLooking(null)}>
        Cancel
      </Button>
    </>
  ) : (
    <Button size="small" icon={<HistoryRegular />} disabled={nothing || !hasEnded(job)} onClick={() => void look()}>
      What changed since
    </Button>
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.root} aria-label="Inputs of the job" tabIndex={0}>
      {failure && <ErrorMessage className={styles.message} error={failure} />}
      <Section title="Folders and files" aside={compare} className={styles.part}>
        {inputs.mounts.length === 0 ? (
          <div className={styles.none}>The job got no folders or files.</div>
        ) : (
          <table className={styles.table} aria-label="Inputs">
            <thead>
              <tr>
                {headings.map((heading) => (
                  <th
                    key={heading}
                    scope="col"
                    className={mergeClasses(styles.th, (heading === 'Files' || heading === 'Size') && styles.number)}
                  >
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {inputs.mounts.map((input) => (
                <MountRows
                  key={input.mount}
                  input={input}
                  waits={job.state === 'queued'}
                  since={since?.mounts.find(({ mount }) => mount === input.mount) ?? null}
                />
              ))}
            </tbody>
          </table>
        )}
      </Section>
      {inputs.image && <Image image={inputs.image} since={since} />}
    </section>
  );
}
