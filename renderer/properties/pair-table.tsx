import { Button, Field, Input, makeStyles, Tooltip, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { addRow, type PairRow, type RowProblems } from './property-draft.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '6px', alignItems: 'flex-start' },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 3fr) 32px',
    gap: '6px',
    alignItems: 'start',
    width: '100%',
  },
  input: { width: '100%', minWidth: 0 },
  empty: { color: tokens.colorNeutralForeground3 },
  problem: { color: tokens.colorPaletteRedForeground1 },
});

interface PairTableProps {
  /** What one of them is called: `metadata`, `tag`. */
  readonly what: string;
  readonly rows: readonly PairRow[];
  readonly problems: RowProblems;
  readonly disabled: boolean;
  readonly onChange: (rows: readonly PairRow[]) => void;
}

/** Names and values, each row with its fields; rows are added at the end. */
export function PairTable({ what, rows, problems, disabled, onChange }: PairTableProps) {
  const styles = useStyles();
  const root = useRef<HTMLDivElement>(null);
  const change = (id: number, part: Partial<PairRow>): void =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  /** The next key belongs where the focus goes: the rows are drawn before it can come. */
  const changeRows = (changed: readonly PairRow[], focusOn: string): void => {
    flushSync(() => onChange(changed));
    root.current?.querySelector<HTMLElement>(focusOn)?.focus();
  };
  const add = (): void => changeRows(addRow(rows), '[data-row]:last-of-type input');
  const remove = (id: number): void =>
    changeRows(
      rows.filter((row) => row.id !== id),
      '[data-add]',
    );
  return (
    <div className={styles.root} ref={root}>
      {rows.length === 0 && <div className={styles.empty}>None.</div>}
      {rows.map((row) => {
        const problem = problems.rows.get(row.id);
        const name = row.name || 'new';
        const said = (field: 'name' | 'value') =>
          problem?.field === field ? { validationState: 'error' as const, validationMessage: problem.problem } : {};
        return (
          <div className={styles.row} data-row key={row.id}>
            <Field {...said('name')}>
              <Input
                className={styles.input}
                size="small"
                aria-label={`Name of ${what} ${row.id + 1}`}
                placeholder="Name"
                value={row.name}
                disabled={disabled}
                spellCheck={false}
                autoComplete="off"
                onChange={(_, data) => change(row.id, { name: data.value })}
              />
            </Field>
            <Field {...said('value')}>
              <Input
                className={styles.input}
                size="small"
                aria-label={`Value of ${what} ${name}`}
                placeholder="Value"
                value={row.value}
                disabled={disabled}
                spellCheck={false}
                autoComplete="off"
                onChange={(_, data) => change(row.id, { value: data.value })}
              />
            </Field>
            <Tooltip content={`Remove ${what} ${name}`} relationship="label">
              <Button
                size="small"
                appearance="subtle"
                icon={<DeleteRegular />}
                disabled={disabled}
                onClick={() => remove(row.id)}
              />
            </Tooltip>
          </div>
        );
      })}
      {problems.all && (
        <div className={styles.problem} role="alert">
          {problems.all}
        </div>
      )}
      <Button data-add size="small" icon={<AddRegular />} disabled={disabled} onClick={add}>
        Add {what}
      </Button>
    </div>
  );
}
