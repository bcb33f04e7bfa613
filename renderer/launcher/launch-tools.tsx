import { Button } from '@fluentui/react-components';
import { ClipboardPasteRegular, DocumentBulletListRegular } from '@fluentui/react-icons';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import { useCommands } from '../app/commands.ts';
import { CopyAsButton } from '../exports/copy-as-button.tsx';

const PasteDialog = lazy(() => import('./paste-dialog.tsx').then((m) => ({ default: m.PasteDialog })));
const TemplatesDialog = lazy(() => import('./templates-dialog.tsx').then((m) => ({ default: m.TemplatesDialog })));
const SaveTemplateDialog = lazy(() => import('./save-template-dialog.tsx').then((m) => ({ default: m.SaveTemplateDialog })));

interface LaunchToolsProps {
  readonly spec: JobSpec;
  readonly plan: Plan | null;
}

/** Ways into the form and out of it: templates, a pasted command, the job in the words of other tools. */
export function LaunchTools({ spec, plan }: LaunchToolsProps) {
  const [open, setOpen] = useState<'templates' | 'save' | 'paste' | null>(null);
  const close = (): void => setOpen(null);
  const commands = useMemo(
    () => [
      { id: 'paste-command', label: 'Paste a command…', run: () => setOpen('paste') },
      { id: 'templates', label: 'Templates…', run: () => setOpen('templates') },
      { id: 'save-template', label: 'Save the form as a template…', run: () => setOpen('save') },
    ],
    [],
  );
  useCommands('launch-tools', commands);
  return (
    <>
      <Button size="small" appearance="subtle" icon={<DocumentBulletListRegular />} onClick={() => setOpen('templates')}>
        Templates
      </Button>
      <Button size="small" appearance="subtle" icon={<ClipboardPasteRegular />} onClick={() => setOpen('paste')}>
        Paste a command
      </Button>
      <CopyAsButton subtle job={plan && { spec, plan }} />
      <Suspense fallback={null}>
        {open === 'paste' && <PasteDialog onClose={close} />}
        {open === 'templates' && <TemplatesDialog onSave={() => setOpen('save')} onClose={close} />}
        {open === 'save' && <SaveTemplateDialog spec={spec} onClose={close} />}
      </Suspense>
    </>
  );
}
