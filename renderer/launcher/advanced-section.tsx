import { Input, makeStyles, Select, Switch } from '@fluentui/react-components';
import { useId } from 'react';
import type { EngineStatus } from '#shared/contract/engines.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { gpuWords, parsePorts } from '#shared/jobs/resource-words.ts';
import { writeBytes } from '#shared/sizes.ts';
import { useEngines } from '../app/stores/engines.ts';
import { formatBytes, plural } from '../ui/format.ts';
import type { Draft, DraftProblem } from './draft.ts';
import { type GpuChoice, readResources } from './draft-resources.ts';
import { changeDraft } from './draft-store.ts';
import { EnvironmentFold } from './environment-fold.tsx';
import { FieldRow, Fold } from './form-parts.tsx';

const useStyles = makeStyles({
  short: { width: '160px' },
  pair: { display: 'flex', gap: '8px' },
  wide: { width: '100%' },
  switch: { margin: '-4px 0 -4px -8px' },
  inner: { minWidth: 0, width: '100%' },
});

interface AmountFieldProps {
  readonly label: string;
  readonly field: 'cpus' | 'memory' | 'shm' | 'maxTime' | 'ports';
  readonly draft: Draft;
  readonly placeholder: string;
  readonly hint: string;
  readonly problems: readonly DraftProblem[];
}

function AmountField({ label, field, draft, placeholder, hint, problems }: AmountFieldProps) {
  const styles = useStyles();
  const id = useId();
  return (
    <FieldRow label={label} htmlFor={id} hint={hint} problem={problems.find((problem) => problem.field === field)?.message}>
      <Input
        id={id}
        size="small"
        className={styles.short}
        input={{ className: styles.inner }}
        placeholder={placeholder}
        value={draft[field]}
        onChange={(_, data) => changeDraft({ [field]: data.value })}
      />
    </FieldRow>
  );
}

interface GpuFieldProps extends Pick<AdvancedSectionProps, 'draft' | 'problems'> {
  readonly engine: EngineStatus | undefined;
}

function GpuField({ draft, problems, engine }: GpuFieldProps) {
  const styles = useStyles();
  const id = useId();
  const { gpuChoice } = draft;
  const written = gpuChoice === 'count' || gpuChoice === 'ids';
  return (
    <FieldRow
      label="GPUs"
      htmlFor={id}
      hint={gpuChoice === 'ids' ? 'Numbers as nvidia-smi gives them, or UUIDs.' : (engine?.gpus.message ?? null)}
      problem={problems.find((problem) => problem.field === 'gpus')?.message}
    >
      <div className={styles.pair}>
        <Select
          id={id}
          size="small"
          className={styles.short}
          value={gpuChoice}
          onChange={(_, data) => changeDraft({ gpuChoice: gpuChoiceOf(data.value), gpus: data.value === 'count' ? '1' : '' })}
        >
          <option value="none">None</option>
          <option value="all">All</option>
          <option value="count">A number of them</option>
          <option value="ids">These</option>
        </Select>
        {written && (
          <Input
            size="small"
            className={styles.short}
            input={{ className: styles.inner, spellCheck: false }}
            aria-label={gpuChoice === 'count' ? 'How many GPUs' : 'Ids of the GPUs'}
            placeholder={gpuChoice === 'count' ? '1' : '0, 1'}
            value={draft.gpus}
            onChange={(_, data) => changeDraft({ gpus: data.value })}
          />
        )}
      </div>
    </FieldRow>
  );
}

const gpuChoiceOf = (value: string): GpuChoice => (value === 'all' || value === 'count' || value === 'ids' ? value : 'none');

export interface AdvancedSectionProps {
  readonly draft: Draft;
  readonly plan: Plan | null;
  readonly problems: readonly DraftProblem[];
}

/** With which resources and in which surroundings: folded, with the values that hold now. */
export function AdvancedSection({ draft, plan, problems }: AdvancedSectionProps) {
  const styles = useStyles();
  const ids = { workdir: useId(), user: useId() };
  const engine = useEngines((state) => state.engines.find((one) => one.id === (draft.engine ?? plan?.engine)));
  const all = engine?.cpus ? `all ${engine.cpus} CPUs` : 'all CPUs';
  const shm = plan ? writeBytes(plan.resources.shmBytes) : '1 GiB';
  const ports = parsePorts(draft.ports) ?? [];
  const { resources } = readResources(draft);
  const values = [
    draft.cpus.trim() === '' ? all : plural(Number(draft.cpus) || 0, 'CPU'),
    draft.memory.trim() === '' ? 'no memory limit' : `${draft.memory} memory`,
    `${draft.shm.trim() || shm} shared memory`,
    gpuWords(resources.gpus ?? null),
    draft.maxTime.trim() === '' ? 'no time limit' : `at most ${draft.maxTime.trim()}`,
  ];
  const who = draft.user === 'self' ? 'as you' : 'as the image says';
  return (
    <>
      <Fold title="Resources" value={values.join(', ')}>
        <AmountField
          label="CPUs"
          field="cpus"
          draft={draft}
          placeholder="All"
          hint={engine?.cpus ? `The engine has ${engine.cpus}.` : 'For example 2 or 0.5.'}
          problems={problems}
        />
        <AmountField
          label="Memory"
          field="memory"
          draft={draft}
          placeholder="No limit"
          hint={
            engine?.memoryBytes
              ? `The engine has ${formatBytes(engine.memoryBytes)}. Beyond the limit the job is killed.`
              : 'For example 4 GiB.'
          }
          problems={problems}
        />
        <AmountField
          label="Shared memory"
          field="shm"
          draft={draft}
          placeholder={shm}
          hint="Space in /dev/shm, which data loaders use."
          problems={problems}
        />
        <GpuField draft={draft} problems={problems} engine={engine} />
        <AmountField
          label="Time limit"
          field="maxTime"
          draft={draft}
          placeholder="None"
          hint="For example 90 min or 2 h. The job is stopped when it has run so long."
          problems={problems}
        />
      </Fold>
      <EnvironmentFold draft={draft} plan={plan} />
      <Fold
        title="Network and user"
        value={[
          draft.network ? 'network on' : 'no network',
          ports.length === 0 ? 'no ports' : plural(ports.length, 'port'),
          who,
          `in ${draft.workdir.trim() || (plan?.workdir ?? '/home/work')}`,
        ].join(', ')}
      >
        <FieldRow label="Network">
          <Switch
            className={styles.switch}
            aria-label="Network"
            label={draft.network ? 'On' : 'Off: the job reaches nothing outside'}
            checked={draft.network}
            onChange={(_, data) => changeDraft({ network: data.checked })}
          />
        </FieldRow>
        <AmountField
          label="Ports"
          field="ports"
          draft={draft}
          placeholder="None"
          hint="Of the job, such as 8888, or 8080:80 for another one here. Reached at this machine only."
          problems={problems}
        />
        <FieldRow
          label="User"
          htmlFor={ids.user}
          hint={
            draft.user === 'self'
              ? 'What the job writes belongs to you.'
              : 'Often root: what the job writes may then belong to root.'
          }
        >
          <Select
            id={ids.user}
            size="small"
            value={draft.user}
            onChange={(_, data) => changeDraft({ user: data.value === 'image' ? 'image' : 'self' })}
          >
            <option value="self">You</option>
            <option value="image">As the image says</option>
          </Select>
        </FieldRow>
        <FieldRow label="Working directory" htmlFor={ids.workdir} hint="Relative targets and commands begin here.">
          <Input
            id={ids.workdir}
            size="small"
            className={styles.wide}
            input={{ className: styles.inner, spellCheck: false }}
            placeholder={plan?.workdir ?? '/home/work'}
            value={draft.workdir}
            onChange={(_, data) => changeDraft({ workdir: data.value })}
          />
        </FieldRow>
      </Fold>
    </>
  );
}
