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
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { type FormEvent, useMemo, useState } from 'react';
import type { JobSpec } from '#shared/contract/plan.ts';
import type { StowageError } from '#shared/errors.ts';
import { parametersIn } from '#shared/templates/fill.ts';
import { labelOf } from '#shared/templates/label.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { showToast } from '../ui/toasts.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '560px' },
  content: { display: 'flex', flexDirection: 'column', gap: '12px' },
  parameters: { width: '100%', borderSpacing: '0 4px', tableLayout: 'fixed' },
  head: { textAlign: 'left', fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground2 },
  name: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  cell: { paddingRight: '8px' },
  input: { width: '100%', minWidth: 0 },
  inner: { minWidth: 0, width: '100%' },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

interface SaveTemplateDialogProps {
  readonly spec: JobSpec;
  readonly onClose: () => void;
}

/** Keeps the form as a template; `{{word}}` in its texts becomes something to fill in. */
export function SaveTemplateDialog({ spec, onClose }: SaveTemplateDialogProps) {
  const styles = useStyles();
  const found = useMemo(() => parametersIn(spec), [spec]);
  const [name, setName] = useState(spec.name ?? '');
  const [description, setDescription] = useState('');
  const [labels, setLabels] = useState<Readonly<Record<string, string>>>({});
  const [defaults, setDefaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  const isFolder = (parameter: string): boolean =>
    [spec.code?.source, spec.output, ...spec.mounts.map(({ source }) => source)].includes(`{{${parameter}}}`);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (name.trim() === '' || busy) return;
    setBusy(true);
    setError(null);
    const parameters = found.map((parameter) => ({
      name: parameter,
      label: labels[parameter]?.trim() || labelOf(parameter),
      kind: isFolder(parameter) ? ('folder' as const) : ('text' as const),
      ...(defaults[parameter] && { default: defaults[parameter] }),
    }));
    try {
      await client.templates.save({ name: name.trim(), description: description.trim(), spec, parameters });
      onClose();
      showToast({ intent: 'success', title: `Template “${name.trim()}” saved` });
    } catch (failure) {
      setError(fromContract(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <form onSubmit={(event) => void save(event)}>
          <DialogBody>
            <DialogTitle>Save as a template</DialogTitle>
            <DialogContent className={styles.content}>
              <Field label="Name" required>
                <Input input={{ autoFocus: true, maxLength: 100 }} value={name} onChange={(_, data) => setName(data.value)} />
              </Field>
              <Field label="What it is for">
                <Textarea
                  textarea={{ maxLength: 2000 }}
                  rows={2}
                  value={description}
                  onChange={(_, data) => setDescription(data.value)}
                />
              </Field>
              {found.length > 0 && (
                <table className={styles.parameters} aria-label="Parameters">
                  <thead>
                    <tr>
                      <th className={styles.head}>Parameter</th>
                      <th className={styles.head}>Called</th>
                      <th className={styles.head}>Default</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.map((parameter) => (
                      <tr key={parameter}>
                        <td className={styles.name}>{`{{${parameter}}}`}</td>
                        <td className={styles.cell}>
                          <Input
                            size="small"
                            className={styles.input}
                            input={{ className: styles.inner, maxLength: 100 }}
                            aria-label={`What ${parameter} is called`}
                            placeholder={labelOf(parameter)}
                            value={labels[parameter] ?? ''}
                            onChange={(_, data) => setLabels({ ...labels, [parameter]: data.value })}
                          />
                        </td>
                        <td>
                          <Input
                            size="small"
                            className={styles.input}
                            input={{ className: styles.inner, spellCheck: false }}
                            aria-label={`Default of ${parameter}`}
                            placeholder="has to be given"
                            value={defaults[parameter] ?? ''}
                            onChange={(_, data) => setDefaults({ ...defaults, [parameter]: data.value })}
                          />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
              <div className={styles.hint}>
                {found.length > 0
                  ? 'In the script of a shell a parameter arrives as a variable, so no value can be taken for a command.'
                  : 'Write {{word}} anywhere in the form to make it a parameter: in the command, an image, a mount, a variable.'}{' '}
                Values of secrets are not kept.
              </div>
              {error && <ErrorMessage error={error} />}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={name.trim() === '' || busy}>
                Save
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
