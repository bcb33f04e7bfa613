import { makeStyles, tokens } from '@fluentui/react-components';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import { gpuWords, writeDuration, writePorts } from '#shared/jobs/resource-words.ts';
import { visible } from '#shared/paths.ts';
import { writeBytes } from '#shared/sizes.ts';
import { ApproachBadge, ModeBadge } from '../planner/badges.tsx';
import { ContainerView } from '../planner/container-view.tsx';
import { bareReason } from '../planner/plan-words.ts';
import { CopiedBack } from './copied-back.tsx';
import { JobSteps } from './job-steps.tsx';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto', padding: '16px 20px', boxSizing: 'border-box' },
  heading: { margin: '0 0 8px', fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  table: { borderCollapse: 'collapse', width: '100%', marginBottom: '20px' },
  th: {
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    padding: '4px 16px 4px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  td: {
    padding: '6px 16px 6px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    verticalAlign: 'top',
    overflowWrap: 'anywhere',
  },
  term: { width: '180px', borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground2 },
  why: { width: '50%' },
  view: { border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium, marginBottom: '20px' },
  none: { color: tokens.colorNeutralForeground3, marginBottom: '20px' },
});

const secretWords = { env: '•••••••• (secret)', file: '•••••••• (secret, as a file)' } as const;

/** What was planned for the job, as it was when it was run. */
export function JobPlan({ detail, job }: { readonly detail: JobDetail; readonly job: Job }) {
  const styles = useStyles();
  const { plan } = detail;
  const rows: readonly [string, string][] = [
    ['Working directory', plan.workdir],
    ['User', plan.user ? `you (${plan.user.uid}:${plan.user.gid})` : 'as the image says'],
    ['Network', plan.network ? 'on' : 'off'],
    ['CPUs', plan.resources.cpus === null ? 'all' : String(plan.resources.cpus)],
    ['Memory', plan.resources.memoryBytes === null ? 'no limit' : writeBytes(plan.resources.memoryBytes)],
    ['Shared memory', writeBytes(plan.resources.shmBytes)],
    ['GPUs', gpuWords(plan.resources.gpus)],
    ['Time', plan.maxSeconds === null ? 'no limit' : `at most ${writeDuration(plan.maxSeconds)}`],
    ['Ports', plan.ports.length === 0 ? 'none' : writePorts(plan.ports)],
    ...detail.spec.env.map(({ name, value, secret }): [string, string] => [name, secret ? secretWords[secret] : value]),
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.root} aria-label="Plan of the job" tabIndex={0}>
      <h2 className={styles.heading}>Mounts</h2>
      {plan.mounts.length === 0 ? (
        <div className={styles.none}>Nothing was mounted.</div>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              {['Source', 'Target', 'Mode', 'Approach', 'Why'].map((heading) => (
                <th key={heading} scope="col" className={styles.th}>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {plan.mounts.map((mount) => (
              <tr key={mount.target}>
                <td className={styles.td}>{visible(mount.source)}</td>
                <td className={`${styles.td} ${styles.mono}`}>{visible(mount.target)}</td>
                <td className={styles.td}>
                  <ModeBadge mode={mount.mode} />
                </td>
                <td className={styles.td}>
                  <ApproachBadge mount={mount} />
                </td>
                <td className={`${styles.td} ${styles.quiet} ${styles.why}`}>{visible(bareReason(mount.reason))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <JobSteps job={job} plan={plan} headingClass={styles.heading} />
      <CopiedBack detail={detail} headingClass={styles.heading} />
      <h2 className={styles.heading}>What the container saw</h2>
      <div className={styles.view}>
        <ContainerView plan={plan} />
      </div>
      <h2 className={styles.heading}>Surroundings</h2>
      <table className={styles.table}>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row" className={`${styles.th} ${styles.term}`}>
                {visible(name)}
              </th>
              <td className={`${styles.td} ${styles.mono}`}>{visible(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
