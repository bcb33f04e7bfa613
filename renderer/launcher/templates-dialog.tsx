import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  mergeClasses,
  Spinner,
  tokens,
} from '@fluentui/react-components';
import { SaveRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useState } from 'react';
import type { Template } from '#shared/contract/templates.ts';
import { isStowageError, type StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { fillTemplate } from '#shared/templates/fill.ts';
import { client, fromContract } from '../app/client.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { SmallBadge } from '../ui/small-badge.tsx';
import { reportError } from '../ui/toasts.tsx';
import { fromSpec } from './draft.ts';
import { replaceDraft } from './draft-store.ts';
import { TemplateForm } from './template-form.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '860px', width: 'calc(100vw - 48px)' },
  content: {
    display: 'grid',
    gridTemplateColumns: '260px minmax(0, 1fr)',
    gap: '20px',
    height: 'min(400px, calc(100vh - 240px))',
  },
  list: {
    overflowY: 'auto',
    margin: 0,
    padding: '2px',
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
    listStyleType: 'none',
  },
  item: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    overflowWrap: 'anywhere',
    width: '100%',
    flexShrink: 0,
    padding: '7px 10px',
    textAlign: 'left',
    border: 'none',
    borderRadius: tokens.borderRadiusMedium,
    background: 'none',
    color: tokens.colorNeutralForeground1,
    fontFamily: 'inherit',
    fontSize: tokens.fontSizeBase300,
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  chosen: { backgroundColor: tokens.colorSubtleBackgroundSelected },
});

interface TemplatesDialogProps {
  readonly onSave: () => void;
  readonly onClose: () => void;
}

/** The templates there are: one is chosen, filled in, and takes the place of the form. */
export function TemplatesDialog({ onSave, onClose }: TemplatesDialogProps) {
  const styles = useStyles();
  const { templates, error, reload } = useTemplates();
  const [id, setId] = useState<string | null>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState<StowageError | null>(null);
  const [removing, setRemoving] = useState(false);
  const chosen = templates?.find((one) => one.id === id) ?? templates?.[0] ?? null;
  const choose = (next: string): void => {
    setId(next);
    setValues({});
    setRefusal(null);
  };
  const use = (): void => {
    if (!chosen) return;
    try {
      replaceDraft(fromSpec(fillTemplate(chosen, values)), `Filled from “${chosen.name}”.`);
      onClose();
    } catch (failure) {
      if (!isStowageError(failure)) throw failure;
      setRefusal(failure);
    }
  };
  const remove = async (template: Template): Promise<void> => {
    setRemoving(false);
    try {
      await client.templates.remove({ id: template.id });
      setId(null);
      reload();
    } catch (failure) {
      reportError(failure, 'The template could not be removed.');
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Templates</DialogTitle>
          <DialogContent>
            {error && <ErrorMessage error={error} />}
            {!templates && !error && <Spinner label="Loading the templates" />}
            {templates && (
              <div className={styles.content}>
                <ul className={styles.list} aria-label="Templates">
                  {templates.map((template) => (
                    <li key={template.id}>
                      <button
                        type="button"
                        aria-current={template === chosen}
                        className={mergeClasses(styles.item, template === chosen && styles.chosen)}
                        onClick={() => choose(template.id)}
                      >
                        {visible(template.name)}
                        {!template.shipped && <SmallBadge>yours</SmallBadge>}
                      </button>
                    </li>
                  ))}
                </ul>
                {chosen && (
                  <TemplateForm
                    key={chosen.id}
                    template={chosen}
                    values={values}
                    refusal={refusal}
                    onChange={(name, value) => setValues((before) => ({ ...before, [name]: value }))}
                    onSubmit={use}
                    {...(!chosen.shipped && { onRemove: () => setRemoving(true) })}
                  />
                )}
              </div>
            )}
          </DialogContent>
          <DialogActions position="start">
            <Button icon={<SaveRegular />} onClick={onSave}>
              Save the form as a template…
            </Button>
          </DialogActions>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={!chosen} onClick={use}>
              Use template
            </Button>
          </DialogActions>
        </DialogBody>
        {removing && chosen && (
          <ConfirmDialog
            title={`Remove “${visible(chosen.name)}”?`}
            action="Remove the template"
            onCancel={() => setRemoving(false)}
            onConfirm={() => void remove(chosen)}
          >
            The template is lost for good. Jobs that were made of it stay.
          </ConfirmDialog>
        )}
      </DialogSurface>
    </Dialog>
  );
}

function useTemplates(): { templates: readonly Template[] | null; error: StowageError | null; reload: () => void } {
  const [templates, setTemplates] = useState<readonly Template[] | null>(null);
  const [error, setError] = useState<StowageError | null>(null);
  const reload = useCallback(() => {
    client.templates.list().then(setTemplates, (failure: unknown) => setError(fromContract(failure)));
  }, []);
  useEffect(reload, [reload]);
  return { templates, error, reload };
}
