import { Button, Input, makeStyles, Select, Switch } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { useId } from 'react';
import type { Plan } from '#shared/contract/plan.ts';
import { useEngines } from '../app/stores/engines.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { writeBytes } from '../ui/sizes.ts';
import { type Draft, type DraftProblem, type DraftVariable, newKey } from './draft.ts';
import { changeDraft } from './draft-store.ts';
import { FieldRow, Fold } from './form-parts.tsx';

const useStyles = makeStyles({
  short: { width: '160px' },
  wide: { width: '100%' },
  variables: { listStyleType: 'none', margin: '0 0 8px', padding: 0, display: 'flex', flexDirection: 'column', gap: '6px' },
  variable: { display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) 10px minmax(0, 3fr) 28px', gap: '6px', alignItems: 'center' },
  input: { minWidth: 0 },
  inner: { minWidth: 0, width: '100%' },
});

function Environment({ draft }: { readonly draft: Draft }) {
  const styles = useStyles();
  const change = (key: number, next: Partial<DraftVariable>): void =>
    changeDraft({ env: draft.env.map((row) => (row.key === key ? { ...row, ...next } : row)) });
  const names = draft.env.map((row) => row.name).filter(Boolean);
  return (
    <Fold title="Environment" value={names.length === 0 ? 'No variables' : names.join(', ')}>
      {draft.env.length > 0 && (
        <ul className={styles.variables} aria-label="Environment variables">
          {draft.env.map((row, index) => (
            <li key={row.key} className={styles.variable}>
              <Input
                size="small"
                className={styles.input}
                input={{ className: styles.inner, spellCheck: false, autoFocus: row.name === '' && row.value === '' }}
                aria-label={`Name of variable ${index + 1}`}
                placeholder="NAME"
                value={row.name}
                onChange={(_, data) => change(row.key, { name: data.value })}
              />
              <span aria-hidden>=</span>
              <Input
                size="small"
                className={styles.input}
                input={{ className: styles.inner, spellCheck: false }}
                aria-label={`Value of variable ${index + 1}`}
                placeholder="value"
                value={row.value}
                onChange={(_, data) => change(row.key, { value: data.value })}
              />
              <Button
                size="small"
                appearance="subtle"
                icon={<DeleteRegular />}
                aria-label={`Remove variable ${index + 1}`}
                onClick={() => changeDraft({ env: draft.env.filter((one) => one.key !== row.key) })}
              />
            </li>
          ))}
        </ul>
      )}
      <Button
        size="small"
        icon={<AddRegular />}
        onClick={() => changeDraft({ env: [...draft.env, { key: newKey(), name: '', value: '' }] })}
      >
        Add variable
      </Button>
    </Fold>
  );
}

interface AmountFieldProps {
  readonly label: string;
  readonly field: 'cpus' | 'memory' | 'shm';
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
  const values = [
    draft.cpus.trim() === '' ? all : plural(Number(draft.cpus) || 0, 'CPU'),
    draft.memory.trim() === '' ? 'no memory limit' : `${draft.memory} memory`,
    `${draft.shm.trim() || shm} shared memory`,
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
      </Fold>
      <Environment draft={draft} />
      <Fold
        title="Network and user"
        value={[
          draft.network ? 'network on' : 'no network',
          who,
          `in ${draft.workdir.trim() || (plan?.workdir ?? '/home/work')}`,
        ].join(', ')}
      >
        <FieldRow label="Network">
          <Switch
            aria-label="Network"
            label={draft.network ? 'On' : 'Off: the job reaches nothing outside'}
            checked={draft.network}
            onChange={(_, data) => changeDraft({ network: data.checked })}
          />
        </FieldRow>
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
