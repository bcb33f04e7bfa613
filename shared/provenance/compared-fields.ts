import type { JobDetail } from '../contract/jobs.ts';
import type { EnvironmentVariable, Plan, PlannedMount } from '../contract/plan.ts';
import type { ComparedField, JobInputs, MountInput } from '../contract/provenance.ts';
import { bytesText, countText, durationText, filesText } from '../plan/figures.ts';
import { gitInWords, methodInWords, shortDigest } from './words.ts';

/** A job with what it got. */
export interface ComparedJob {
  readonly job: JobDetail;
  readonly inputs: JobInputs;
}

type Group = ComparedField['group'];
/** `exact`: what tells two apart whose words may be equal. */
type Named = readonly (readonly [name: string, value: string | null, exact?: string | number | null | undefined])[];

/**
 * Two jobs line by line: what ran, over what, and how it ended. Values of secret variables are never told, nor whether
 * they are equal.
 */
export function comparedFields(first: ComparedJob, second: ComparedJob): ComparedField[] {
  const sections: readonly (readonly [Group, (one: ComparedJob) => Named])[] = [
    ['run', whatRan],
    ['environment', environment],
    ['resources', resources],
    ['mounts', mounts],
    ['inputs', inputs],
    ['outcome', outcome],
  ];
  return sections.flatMap(([group, read]) => pair(group, read(first), read(second)));
}

/** Lines of one name beside each other, in the order of the first job; what only the second has comes last. */
function pair(group: Group, first: Named, second: Named): ComparedField[] {
  const names = [...new Set([...first, ...second].map(([name]) => name))];
  const [left, right] = [byName(first), byName(second)];
  return names.flatMap((name) => {
    const [a, b] = [left.get(name), right.get(name)];
    const values = { first: a?.value ?? null, second: b?.value ?? null };
    if (values.first === null && values.second === null) return [];
    const alike = values.first === values.second;
    const same = alike && a?.exact === b?.exact;
    // What its words do not tell apart is told exactly.
    const shown = alike && !same ? { first: exactly(a), second: exactly(b) } : values;
    return [{ group, name, ...shown, same }];
  });
}

interface Valued {
  readonly value: string | null;
  readonly exact: string | number | null | undefined;
}

const exactly = (one: Valued | undefined): string | null =>
  one?.value == null ? null : `${one.value} (${typeof one.exact === 'number' ? countText(one.exact) : one.exact})`;

const byName = (named: Named): Map<string, Valued> => new Map(named.map(([name, value, exact]) => [name, { value, exact }]));

const quoted = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

function whatRan({ job: { plan, engine }, inputs: { image } }: ComparedJob): Named {
  return [
    ['Command', quoted(plan.command), JSON.stringify(plan.command)],
    ['Image', plan.image],
    ['Image id', image && shortDigest(image.id), image?.id],
    ['Engine', engine],
    ['Working directory', plan.workdir],
    ['User', plan.user ? `${plan.user.uid}:${plan.user.gid}` : 'as the image says'],
    ['Network', plan.network ? 'on' : 'off'],
    ['Ports', plan.ports.length === 0 ? null : plan.ports.map(({ container }) => container).join(', ')],
  ];
}

const environment = ({ job: { plan } }: ComparedJob): Named =>
  plan.env.map((variable) => [variable.name, shownValue(variable)] as const);

const shownValue = ({ value, secret }: EnvironmentVariable): string => (secret === undefined ? value : 'a secret');

function resources({ job: { plan } }: ComparedJob): Named {
  const { cpus, memoryBytes, shmBytes, gpus } = plan.resources;
  return [
    ['CPUs', cpus === null ? 'all' : String(cpus)],
    ['Memory', memoryBytes === null ? 'no limit' : bytesText(memoryBytes), memoryBytes],
    ['Shared memory', bytesText(shmBytes), shmBytes],
    ['GPUs', gpus === null ? null : Array.isArray(gpus) ? gpus.join(', ') : String(gpus)],
    ['Maximum run time', plan.maxSeconds === null ? null : `${plan.maxSeconds.toLocaleString('en-US')} s`],
  ];
}

const mounts = ({ job: { plan } }: ComparedJob): Named => [
  ...plan.mounts.filter(({ role }) => role !== 'output').map((mount) => [mount.target, mountInWords(mount)] as const),
  ...plan.links.map(({ path, target }) => [path, `link to ${target}`] as const),
];

const mountInWords = ({ source, mode, approach }: PlannedMount): string =>
  `${source}, ${mode === 'ro' ? 'read-only' : 'writable'}, ${approachWords[approach]}`;
const approachWords = { share: 'shared', copy: 'copied', bake: 'baked' } as const satisfies Record<
  Plan['mounts'][number]['approach'],
  string
>;

const inputs = ({ inputs: { mounts: all } }: ComparedJob): Named =>
  all.flatMap((input) => [
    [input.target, inputInWords(input), input.digest] as const,
    ...(input.git ? [[`Git in ${input.target}`, gitInWords(input.git)] as const] : []),
  ]);

/** The digest stands first: two that differ in it differ. */
function inputInWords({ digest, method, files, bytes, reason }: MountInput): string {
  if (digest === null || method === null) return reason ?? 'not listed yet';
  return `${shortDigest(digest)} (${filesText(files)}, ${bytesText(bytes)}, ${methodInWords(method)})`;
}

function outcome({ job }: ComparedJob): Named {
  const { times, startedAt, endedAt } = job;
  const until = (from: number | undefined, to: number | undefined): string | null =>
    from === undefined || to === undefined ? null : seconds(to - from);
  return [
    ['State', job.state],
    ['Exit code', job.exitCode === null ? null : String(job.exitCode)],
    ['Cause', job.problem?.message ?? null],
    ['Waited in the queue', until(times.queued, times.preparing)],
    ['Made ready in', until(times.preparing, times.running)],
    ['Ran for', startedAt === null || endedAt === null ? null : seconds(endedAt - startedAt)],
    ['Log', bytesText(job.logBytes), job.logBytes],
    ['Outputs', job.output && `${job.output.vfolder}:/${job.output.path}`],
  ];
}

const seconds = (milliseconds: number): string => {
  const whole = Math.max(0, milliseconds) / 1000;
  return whole < 10 ? `${whole.toFixed(2)} s` : durationText(whole);
};
