import { Button, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import { ArrowRightRegular, DeleteRegular } from '@fluentui/react-icons';
import type { MountMode } from '#shared/contract/base.ts';
import type { Fix, PlanConflict, PlannedMount } from '#shared/contract/plan.ts';
import { AddressField } from '../explorer/address-field.tsx';
import { ConflictLines } from '../planner/conflict-line.tsx';
import { ApproachLine } from './approach-menu.tsx';
import type { DraftMount } from './draft.ts';

const useStyles = makeStyles({
  line: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 5fr) 16px minmax(0, 5fr) 66px 28px',
    gap: '6px',
    alignItems: 'center',
  },
  arrow: { color: tokens.colorNeutralForeground3, fontSize: '16px' },
  target: { minWidth: 0 },
  targetInput: { minWidth: 0, width: '100%' },
  mode: { minWidth: 0 },
});

interface ModeSelectProps {
  readonly label: string;
  readonly value: MountMode | '';
  /** What the empty choice comes to. */
  readonly planned?: MountMode | undefined;
  readonly onChange: (mode: MountMode | null) => void;
}

/** Whether the job may change what it sees. */
export function ModeSelect({ label, value, planned, onChange }: ModeSelectProps) {
  const styles = useStyles();
  return (
    <Select
      size="small"
      className={styles.mode}
      aria-label={label}
      title="ro: the job can only read it. rw: the job may change it."
      value={value || (planned ?? 'ro')}
      onChange={(_, data) => onChange(data.value === 'rw' ? 'rw' : 'ro')}
    >
      <option value="ro">ro</option>
      <option value="rw">rw</option>
    </Select>
  );
}

export interface MountRowProps {
  readonly number: number;
  readonly row: DraftMount;
  readonly planned: PlannedMount | undefined;
  readonly conflicts: readonly PlanConflict[];
  /** The plan has an error about it. */
  readonly invalid: boolean;
  readonly autoFocus: boolean;
  readonly onChange: (row: DraftMount) => void;
  readonly onRemove: () => void;
  readonly onFix: (fix: Fix) => void;
}

/** A mount as it is typed, what the planner makes of it, and what stands against it. */
export function MountRow({ number, row, planned, conflicts, invalid, autoFocus, onChange, onRemove, onFix }: MountRowProps) {
  const styles = useStyles();
  return (
    <li>
      <div className={styles.line}>
        <AddressField
          label={`Source of mount ${number}`}
          value={row.source}
          placeholder="name:/path"
          autoFocus={autoFocus}
          invalid={invalid}
          onChange={(source) => onChange({ ...row, source })}
        />
        <ArrowRightRegular className={styles.arrow} aria-hidden />
        <Input
          size="small"
          className={styles.target}
          input={{ className: styles.targetInput, spellCheck: false }}
          aria-label={`Target of mount ${number}`}
          value={row.target}
          placeholder={planned?.target ?? 'where the job sees it'}
          onChange={(_, data) => onChange({ ...row, target: data.value })}
        />
        <ModeSelect
          label={`Mode of mount ${number}`}
          value={row.mode ?? ''}
          planned={planned?.mode}
          onChange={(mode) => onChange({ ...row, mode })}
        />
        <Button
          size="small"
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={`Remove mount ${number}`}
          title="Remove this mount"
          onClick={onRemove}
        />
      </div>
      {planned && (
        <ApproachLine
          number={number}
          planned={planned}
          chosen={row.approach}
          onChoose={(approach) => onChange({ ...row, approach })}
        />
      )}
      <ConflictLines conflicts={conflicts} onFix={onFix} />
    </li>
  );
}
