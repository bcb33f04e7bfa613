import { Button } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons';
import { lazy, Suspense, useState } from 'react';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';

const ExportDialog = lazy(() => import('./export-dialog.tsx').then((m) => ({ default: m.ExportDialog })));

interface CopyAsButtonProps {
  /** Null while it is not known. */
  readonly job: { readonly spec: JobSpec; readonly plan: Plan } | null;
  readonly subtle?: boolean;
}

/** Opens the job in the words of other tools. */
export function CopyAsButton({ job, subtle = false }: CopyAsButtonProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="small"
        {...(subtle && { appearance: 'subtle' })}
        icon={<CopyRegular />}
        disabled={!job}
        onClick={() => setOpen(true)}
      >
        Copy as…
      </Button>
      {open && job && (
        <Suspense fallback={null}>
          <ExportDialog spec={job.spec} plan={job.plan} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
