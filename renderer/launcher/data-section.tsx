import { Button, makeStyles, mergeClasses, Select, tokens } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { useId, useState } from 'react';
import type { Fix, Plan, PlanConflict, PlannedMount } from '#shared/contract/plan.ts';
import { AddressField } from '../explorer/address-field.tsx';
import type { Draft, DraftMount } from './draft.ts';
import { newMount } from './draft.ts';
import { changeDraft, useDraft } from './draft-store.ts';
import { FieldRow, FormSection } from './form-parts.tsx';
import { ModeSelect, MountRow } from './mount-row.tsx';

const useStyles = makeStyles({
  rows: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column', gap: '10px' },
  modeOnly: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) 66px', gap: '6px' },
  none: { color: tokens.colorNeutralForeground3, padding: '2px 0 4px' },
  output: { display: 'grid', gridTemplateColumns: '148px minmax(0, 1fr)', gap: '8px' },
});

export interface DataSectionProps {
  readonly draft: Draft;
  /** The rows that the plan was made of, in its order. */
  readonly rows: readonly DraftMount[];
  readonly plan: Plan | null;
  readonly onFix: (fix: Fix) => void;
}

/** Conflicts that have no mount in the plan's tree: they are told at the row they come from. */
function unplaced(plan: Plan | null, index: number): PlanConflict[] {
  if (!plan || index < 0 || plan.mounts.some((mount) => mount.request === index)) return [];
  return plan.conflicts.filter((conflict) => conflict.mounts.length === 0 && conflict.fixes.some((fix) => fix.request === index));
}

function hasError(plan: Plan | null, request: number): boolean {
  if (!plan || request < 0) return false;
  const index = plan.mounts.findIndex((mount) => mount.request === request);
  return [...plan.conflicts.filter((conflict) => conflict.mounts.includes(index)), ...unplaced(plan, request)].some(
    (conflict) => conflict.severity === 'error',
  );
}

/** On which data: code, mounts, output. */
export function DataSection({ draft, rows, plan, onFix }: DataSectionProps) {
  const styles = useStyles();
  const ids = { code: useId(), output: useId() };
  const [added, setAdded] = useState<number | null>(null);
  const planned = (role: PlannedMount['role']) => plan?.mounts.find((mount) => mount.role === role);
  const output = planned('output');
  const code = planned('code');
  const change = (key: number, next: DraftMount | null): void =>
    changeDraft({
      mounts: useDraft.getState().draft.mounts.flatMap((row) => (row.key === key ? (next ? [next] : []) : [row])),
    });
  const add = (): void => {
    const row = newMount();
    setAdded(row.key);
    changeDraft({ mounts: [...draft.mounts, row] });
  };
  return (
    <FormSection
      title="On which data"
      aside={
        <Button size="small" icon={<AddRegular />} onClick={add}>
          Add mount
        </Button>
      }
    >
      {draft.mounts.length === 0 ? (
        <div className={styles.none}>Nothing is mounted yet. Add a mount, or drag a vfolder onto the container view.</div>
      ) : (
        <ul className={styles.rows} aria-label="Mounts">
          {draft.mounts.map((row, index) => {
            const at = rows.findIndex((one) => one.key === row.key);
            return (
              <MountRow
                key={row.key}
                number={index + 1}
                row={row}
                planned={at < 0 ? undefined : plan?.mounts.find((mount) => mount.request === at)}
                conflicts={unplaced(plan, at)}
                invalid={hasError(plan, at)}
                autoFocus={row.key === added}
                onChange={(next) => change(row.key, next)}
                onRemove={() => change(row.key, null)}
                onFix={onFix}
              />
            );
          })}
        </ul>
      )}
      <FieldRow
        label="Code folder"
        htmlFor={ids.code}
        hint={
          code
            ? `Seen by the job at ${code.target}.`
            : 'A vfolder, or a folder of this machine: mounted under the working directory.'
        }
      >
        <div className={mergeClasses(draft.code !== '' && styles.modeOnly)}>
          <AddressField
            id={ids.code}
            label="Code folder"
            value={draft.code}
            placeholder="None"
            onChange={(value) => changeDraft({ code: value })}
          />
          {draft.code !== '' && (
            <ModeSelect
              label="Mode of the code folder"
              value={draft.codeMode}
              onChange={(mode) => changeDraft({ codeMode: mode ?? 'ro' })}
            />
          )}
        </div>
      </FieldRow>
      <FieldRow
        label="Output"
        htmlFor={ids.output}
        hint={
          draft.output === 'none'
            ? 'What the job writes outside its mounts is lost when it ends.'
            : output && `What the job writes to ${output.target} is kept in ${output.source}.`
        }
      >
        <div className={mergeClasses(draft.output === 'address' && styles.output)}>
          <Select
            id={ids.output}
            size="small"
            value={draft.output}
            onChange={(_, data) =>
              changeDraft({ output: data.value === 'none' ? 'none' : data.value === 'address' ? 'address' : 'default' })
            }
          >
            <option value="default">{draft.output === 'address' ? 'Outputs' : 'A new folder in outputs'}</option>
            <option value="address">{draft.output === 'address' ? 'Another folder' : 'Another folder…'}</option>
            <option value="none">None</option>
          </Select>
          {draft.output === 'address' && (
            <AddressField
              label="Output folder"
              value={draft.outputAddress}
              placeholder="name:/path"
              onChange={(value) => changeDraft({ outputAddress: value })}
            />
          )}
        </div>
      </FieldRow>
    </FormSection>
  );
}
