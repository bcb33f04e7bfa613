import { Button, Input, makeStyles, Select, Switch, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, DocumentArrowUpRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { Plan } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { goDotfiles } from '../app/navigation.ts';
import { plural } from '../ui/format.ts';
import { type Draft, type DraftVariable, newVariable } from './draft.ts';
import { changeDraft, useDraft } from './draft-store.ts';
import { EnvImportDialog } from './env-import-dialog.tsx';
import { FieldRow, Fold } from './form-parts.tsx';

const useStyles = makeStyles({
  variables: { listStyleType: 'none', margin: '0 0 8px', padding: 0, display: 'flex', flexDirection: 'column', gap: '6px' },
  variable: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) 10px minmax(0, 3fr) 116px 28px',
    gap: '6px',
    alignItems: 'center',
  },
  input: { minWidth: 0 },
  inner: { minWidth: 0, width: '100%' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: '6px' },
  switch: { display: 'flex', alignItems: 'center', gap: '8px', margin: '-4px 0 -4px -8px' },
  about: { margin: '8px 0 0', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
});

interface VariableRowProps {
  readonly number: number;
  readonly row: DraftVariable;
  readonly autoFocus: boolean;
  readonly onChange: (next: Partial<DraftVariable>) => void;
  readonly onRemove: () => void;
}

const kinds = { plain: 'Plain', env: 'Secret', file: 'Secret file' } as const;

function VariableRow({ number, row, autoFocus, onChange, onRemove }: VariableRowProps) {
  const styles = useStyles();
  return (
    <li className={styles.variable}>
      <Input
        size="small"
        className={styles.input}
        input={{ className: styles.inner, spellCheck: false, autoComplete: 'off', autoFocus }}
        aria-label={`Name of variable ${number}`}
        placeholder="NAME"
        value={row.name}
        onChange={(_, data) => onChange({ name: data.value })}
      />
      <span aria-hidden>=</span>
      <Input
        size="small"
        className={styles.input}
        type={row.secret ? 'password' : 'text'}
        input={{ className: styles.inner, spellCheck: false, autoComplete: row.secret ? 'new-password' : 'off' }}
        aria-label={`Value of variable ${number}`}
        placeholder={row.kept ? 'kept, not shown' : row.secret ? 'secret' : 'value'}
        value={row.value}
        // What is written takes the place of what is kept.
        onChange={(_, data) => onChange({ value: data.value, kept: null })}
      />
      <Select
        size="small"
        aria-label={`Kind of variable ${number}`}
        value={row.secret ?? 'plain'}
        onChange={(_, data) => onChange(kindChange(data.value, row))}
      >
        {Object.entries(kinds).map(([kind, label]) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </Select>
      <Button
        size="small"
        appearance="subtle"
        icon={<DeleteRegular />}
        aria-label={`Remove variable ${number}`}
        title="Remove this variable"
        onClick={onRemove}
      />
    </li>
  );
}

/** What was a secret is not shown by making it plain. */
function kindChange(kind: string, row: DraftVariable): Partial<DraftVariable> {
  if (kind === 'env' || kind === 'file') return { secret: kind };
  return row.secret ? { secret: null, kept: null, value: '' } : { secret: null };
}

/** The values that are seen while it is folded: names, never a secret. */
function foldWords(draft: Draft, plan: Plan | null): string {
  const names = draft.env.map((row) => row.name).filter(Boolean);
  const secrets = draft.env.filter((row) => row.secret).length;
  const dotfiles = laidDotfiles(plan).length;
  return [
    names.length === 0 ? 'No variables' : names.join(', '),
    ...(secrets > 0 ? [plural(secrets, 'secret')] : []),
    draft.dotfiles ? dotfiles > 0 && plural(dotfiles, 'dotfile') : 'no dotfiles',
  ]
    .filter(Boolean)
    .join(', ');
}

const laidDotfiles = (plan: Plan | null): string[] =>
  (plan?.steps ?? []).flatMap((step) => (step.kind === 'lay-file' && step.origin === 'dotfile' ? [step.name] : []));

function DotfilesField({ draft, plan }: { readonly draft: Draft; readonly plan: Plan | null }) {
  const styles = useStyles();
  const names = laidDotfiles(plan);
  const listed = names.slice(0, 4).map(visible).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
  const hint = draft.dotfiles
    ? names.length > 0
      ? `${listed}: placed in the home of the job.`
      : 'None is set up. Files such as .bashrc or .aws/config can be placed in the home of every job.'
    : 'The home of the job stays without them.';
  return (
    <FieldRow label="Dotfiles" hint={hint}>
      <div className={styles.switch}>
        <Switch
          aria-label="Dotfiles"
          label={draft.dotfiles ? 'On' : 'Off for this job'}
          checked={draft.dotfiles}
          onChange={(_, data) => changeDraft({ dotfiles: data.checked })}
        />
        <Button size="small" appearance="subtle" onClick={goDotfiles}>
          Set up…
        </Button>
      </div>
    </FieldRow>
  );
}

/** The environment of the job: variables, secrets among them, and dotfiles. */
export function EnvironmentFold({ draft, plan }: { readonly draft: Draft; readonly plan: Plan | null }) {
  const styles = useStyles();
  const [added, setAdded] = useState<number | null>(null);
  const [importing, setImporting] = useState(false);
  const rows = (): readonly DraftVariable[] => useDraft.getState().draft.env;
  const change = (key: number, next: Partial<DraftVariable>): void =>
    changeDraft({ env: rows().map((row) => (row.key === key ? { ...row, ...next } : row)) });
  const add = (): void => {
    const row = newVariable();
    setAdded(row.key);
    changeDraft({ env: [...rows(), row] });
  };
  const take = (taken: readonly DraftVariable[]): void => {
    const names = new Set(taken.map((row) => row.name));
    const others = rows().filter((row) => !names.has(row.name.trim()) && (row.name.trim() !== '' || row.value !== ''));
    changeDraft({ env: [...others, ...taken] });
  };
  const hasSecrets = draft.env.some((row) => row.secret);
  return (
    <Fold title="Environment" value={foldWords(draft, plan)}>
      {draft.env.length > 0 && (
        <ul className={styles.variables} aria-label="Environment variables">
          {draft.env.map((row, index) => (
            <VariableRow
              key={row.key}
              number={index + 1}
              row={row}
              autoFocus={row.key === added}
              onChange={(next) => change(row.key, next)}
              onRemove={() => changeDraft({ env: rows().filter((one) => one.key !== row.key) })}
            />
          ))}
        </ul>
      )}
      <div className={styles.actions}>
        <Button size="small" icon={<AddRegular />} onClick={add}>
          Add variable
        </Button>
        <Button size="small" icon={<DocumentArrowUpRegular />} onClick={() => setImporting(true)}>
          Import .env…
        </Button>
      </div>
      {hasSecrets && (
        <p className={styles.about}>
          A secret is kept sealed and masked in the log. “Secret file” hands it over as a file that only the job can read;
          NAME_FILE says where.
        </p>
      )}
      <DotfilesField draft={draft} plan={plan} />
      {importing && (
        <EnvImportDialog
          present={new Set(draft.env.map((row) => row.name.trim()))}
          onTake={take}
          onClose={() => setImporting(false)}
        />
      )}
    </Fold>
  );
}
