import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Select,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { DocumentArrowUpRegular } from '@fluentui/react-icons';
import { useMemo, useRef, useState } from 'react';
import { mostEnvFileBytes, parseEnvFile } from '#shared/jobs/env-file.ts';
import { looksSecret } from '#shared/jobs/secret-variables.ts';
import { visible } from '#shared/paths.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { type DraftVariable, newVariable } from './draft.ts';

const useStyles = makeStyles({
  bar: { display: 'flex', alignItems: 'center', gap: '8px', marginTop: '8px' },
  status: { display: 'flex', flexDirection: 'column', gap: '2px', marginTop: '8px' },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  wrong: { color: tokens.colorPaletteRedForeground1, fontSize: tokens.fontSizeBase200 },
  field: { width: '100%', marginTop: '8px' },
  text: { fontFamily: tokens.fontFamilyMonospace, minHeight: '120px' },
  list: {
    maxHeight: '260px',
    overflowY: 'auto',
    marginTop: '8px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  table: { borderCollapse: 'collapse', width: '100%', tableLayout: 'fixed' },
  take: { width: '44%' },
  kind: { width: '124px' },
  th: {
    textAlign: 'left',
    padding: '6px 10px',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground3,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  td: { padding: '0 10px', height: '32px', borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  value: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
});

type Kind = 'plain' | 'env' | 'file';

interface Choice {
  readonly taken: boolean;
  readonly kind: Kind;
}

const masked = '••••••••';

interface EnvImportDialogProps {
  /** Names that the form has already. */
  readonly present: ReadonlySet<string>;
  readonly onTake: (rows: readonly DraftVariable[]) => void;
  readonly onClose: () => void;
}

/** Shows what a `.env` file would bring, before any of it is taken. */
export function EnvImportDialog({ present, onTake, onClose }: EnvImportDialogProps) {
  const styles = useStyles();
  const file = useRef<HTMLInputElement>(null);
  const [source, setSource] = useState<{ text: string; name: string | null; problem: string | null }>({
    text: '',
    name: null,
    problem: null,
  });
  const [changed, setChanged] = useState<ReadonlyMap<string, Choice>>(new Map());
  const { variables, refused } = useMemo(() => parseEnvFile(source.text), [source.text]);
  const choiceOf = (name: string): Choice => changed.get(name) ?? { taken: true, kind: looksSecret(name) ? 'env' : 'plain' };
  const choose = (name: string, next: Partial<Choice>): void =>
    setChanged(new Map([...changed, [name, { ...choiceOf(name), ...next }]]));
  const taken = variables.filter(({ name }) => choiceOf(name).taken);
  const read = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    if (chosen.size > mostEnvFileBytes) {
      const problem = `“${visible(chosen.name)}” has ${formatBytes(chosen.size)}: too much for an environment.`;
      setSource({ text: '', name: null, problem });
      return;
    }
    setSource({ text: await chosen.text(), name: chosen.name, problem: null });
  };
  const take = (): void => {
    onTake(
      taken.map(({ name, value }) => {
        const { kind } = choiceOf(name);
        return newVariable({ name, value, ...(kind !== 'plain' && { secret: kind }) });
      }),
    );
    onClose();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Import variables from a .env file</DialogTitle>
          <DialogContent>
            <div className={styles.bar}>
              <input
                ref={file}
                type="file"
                hidden
                aria-label="A .env file"
                onChange={(event) => {
                  void read(event.target.files?.[0]);
                  event.target.value = '';
                }}
              />
              <Button size="small" icon={<DocumentArrowUpRegular />} onClick={() => file.current?.click()}>
                Choose a file…
              </Button>
              <span className={styles.quiet}>{source.name ? visible(source.name) : 'or paste its lines below'}</span>
            </div>
            {source.name === null && (
              <Textarea
                className={styles.field}
                textarea={{ className: styles.text, spellCheck: false, autoComplete: 'off', autoFocus: true }}
                resize="vertical"
                aria-label="Lines of a .env file"
                placeholder={'# settings\nexport EPOCHS=10\nAPI_TOKEN="…"'}
                value={source.text}
                onPaste={(event) => {
                  const text = event.clipboardData.getData('text/plain');
                  if (parseEnvFile(text).variables.length === 0 || source.text !== '') return;
                  // What is in it may be secret: it is listed, not shown.
                  event.preventDefault();
                  setSource({ text, name: 'what was pasted', problem: null });
                }}
                onChange={(_, data) => setSource({ text: data.value, name: null, problem: null })}
              />
            )}
            {variables.length > 0 && (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
              <section className={styles.list} aria-label="What will be taken" tabIndex={0}>
                <table className={styles.table}>
                  <thead>
                    <tr>
                      <th scope="col" className={`${styles.th} ${styles.take}`}>
                        Take
                      </th>
                      <th scope="col" className={styles.th}>
                        Value
                      </th>
                      <th scope="col" className={`${styles.th} ${styles.kind}`}>
                        Kind
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {variables.map(({ name, value }) => {
                      const { taken: isTaken, kind } = choiceOf(name);
                      return (
                        <tr key={name}>
                          <td className={`${styles.td} ${styles.value}`}>
                            <Checkbox
                              checked={isTaken}
                              label={present.has(name) ? `${name} (replaces)` : name}
                              onChange={(_, data) => choose(name, { taken: data.checked === true })}
                            />
                          </td>
                          <td className={`${styles.td} ${styles.value}`}>
                            {kind === 'plain' ? visible(value) || '(empty)' : masked}
                          </td>
                          <td className={styles.td}>
                            <Select
                              size="small"
                              aria-label={`Kind of ${name}`}
                              value={kind}
                              onChange={(_, data) => choose(name, { kind: kindOf(data.value) })}
                            >
                              <option value="plain">Plain</option>
                              <option value="env">Secret</option>
                              <option value="file">Secret file</option>
                            </Select>
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </section>
            )}
            <div className={styles.status} role="status">
              {source.problem && <span className={styles.wrong}>{source.problem}</span>}
              {refused.length > 0 && (
                <span className={styles.wrong}>
                  Not read:{' '}
                  {refused
                    .slice(0, 3)
                    .map(({ line, why }) => `line ${line}, ${why}`)
                    .join('; ')}
                  {refused.length > 3 && ` and ${refused.length - 3} more`}.
                </span>
              )}
              {variables.length > 0 && <span className={styles.quiet}>Nothing is expanded: $NAME stays as it is written.</span>}
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={taken.length === 0} onClick={take}>
              {taken.length > 0 ? `Take ${plural(taken.length, 'variable')}` : 'Take'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

const kindOf = (value: string): Kind => (value === 'env' || value === 'file' ? value : 'plain');
