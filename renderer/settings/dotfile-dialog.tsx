import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Select,
  Spinner,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { DocumentArrowUpRegular } from '@fluentui/react-icons';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { Dotfile } from '#shared/contract/dotfiles.ts';
import { mostDotfileBytes, parseDotfilePath } from '#shared/dotfiles/rules.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { writeBytes } from '#shared/sizes.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';

const useStyles = makeStyles({
  fields: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) 220px', gap: '12px', alignItems: 'start' },
  wide: { gridColumn: '1 / -1' },
  text: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, minHeight: '200px' },
  from: { justifySelf: 'start' },
  wrong: { gridColumn: '1 / -1' },
});

/** What is usual, in words; any other one is kept and shown as digits. */
const permissions: readonly (readonly [string, string])[] = [
  ['600', '600: only you'],
  ['644', '644: all may read'],
  ['700', '700: only you, runs'],
  ['755', '755: all may run'],
];

/** Why a path cannot be taken; null when it can, or is not written yet. */
function problemOf(path: string): string | null {
  if (path.trim() === '') return null;
  try {
    parseDotfilePath(path.trim());
    return null;
  } catch (error) {
    if (isStowageError(error)) return error.message;
    throw error;
  }
}

interface DotfileDialogProps {
  /** null: a new one. */
  readonly file: Dotfile | null;
  readonly onClose: () => void;
}

/** The path, the permission and the contents of one dotfile. */
export function DotfileDialog({ file, onClose }: DotfileDialogProps) {
  const styles = useStyles();
  const chooser = useRef<HTMLInputElement>(null);
  const [path, setPath] = useState(file?.path ?? '');
  const [permission, setPermission] = useState(file?.permission ?? '600');
  const [content, setContent] = useState<string | null>(file ? null : '');
  const [error, setError] = useState<StowageError | null>(null);
  const [saving, setSaving] = useState(false);
  const problem = problemOf(path);
  useEffect(() => {
    if (!file) return;
    client.dotfiles
      .read({ path: file.path })
      .then((found) => setContent(found.content))
      .catch((failure: unknown) => setError(fromContract(failure)));
  }, [file]);
  const take = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    const { size, name } = chosen;
    // The core judges the sum of all; what alone is too large is not even read.
    setContent(size > mostDotfileBytes ? '' : await chosen.text());
    setError(size > mostDotfileBytes ? tooLarge(name, size) : null);
    if (path === '' && name.startsWith('.')) setPath(name);
  };
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (content === null || problem !== null || path.trim() === '') return;
    setSaving(true);
    try {
      await client.dotfiles.put({ path: path.trim(), permission, content, replace: file !== null });
      onClose();
    } catch (failure) {
      setError(fromContract(failure));
      setSaving(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface>
        <form onSubmit={(event) => void save(event)}>
          <DialogBody>
            <DialogTitle>{file ? `Change “${visible(file.path)}”` : 'Add a dotfile'}</DialogTitle>
            <DialogContent>
              <div className={styles.fields}>
                <Field
                  label="File in the home directory"
                  required
                  {...(problem && { validationMessage: problem, validationState: 'error' as const })}
                >
                  <Input
                    value={path}
                    input={{ autoFocus: file === null, spellCheck: false }}
                    autoComplete="off"
                    placeholder=".aws/config"
                    readOnly={file !== null}
                    onChange={(_, data) => setPath(data.value)}
                  />
                </Field>
                <Field label="Permission">
                  <Select value={permission} onChange={(_, data) => setPermission(data.value)}>
                    {permissions.map(([value, label]) => (
                      <option key={value} value={value}>
                        {label}
                      </option>
                    ))}
                    {!permissions.some(([value]) => value === permission) && <option value={permission}>{permission}</option>}
                  </Select>
                </Field>
                <Field label="Contents" className={styles.wide}>
                  <Textarea
                    textarea={{ className: styles.text, spellCheck: false, autoComplete: 'off' }}
                    resize="vertical"
                    disabled={content === null}
                    value={content ?? ''}
                    onChange={(_, data) => setContent(data.value)}
                  />
                </Field>
                <input
                  ref={chooser}
                  type="file"
                  hidden
                  aria-label="A file to take the contents from"
                  onChange={(event) => {
                    void take(event.target.files?.[0]);
                    event.target.value = '';
                  }}
                />
                <Button
                  size="small"
                  className={styles.from}
                  icon={<DocumentArrowUpRegular />}
                  onClick={() => chooser.current?.click()}
                >
                  From a file…
                </Button>
                {error && (
                  <div className={styles.wrong}>
                    <ErrorMessage error={error} />
                  </div>
                )}
              </div>
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button
                type="submit"
                appearance="primary"
                icon={saving ? <Spinner size="extra-tiny" aria-hidden /> : null}
                disabled={saving || content === null || problem !== null || path.trim() === ''}
              >
                {file ? 'Save' : 'Add'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

const tooLarge = (name: string, bytes: number): StowageError =>
  new StowageError(
    'bad-request',
    `“${visible(name)}” has ${formatBytes(bytes)}; all dotfiles together may have ${writeBytes(mostDotfileBytes)}.`,
  );
